"""The attribution page: a picture, maps of what speaks for a class in it, and their checks."""
