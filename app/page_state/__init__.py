"""Page state."""
