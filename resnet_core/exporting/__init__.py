"""A run's curves and weights for other programs, one file a format."""
