"""Weights of other programs: read safely, renamed, recognised, tested and imported."""
