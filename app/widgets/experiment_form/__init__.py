"""The form that describes an experiment."""
