"""Public data sets: where they are published, their download, and local copies."""
