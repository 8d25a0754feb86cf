"""The embedded data set of rendered shapes."""
