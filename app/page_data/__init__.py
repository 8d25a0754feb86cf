"""Page data."""
