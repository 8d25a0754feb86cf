"""Values that the paper prints."""
