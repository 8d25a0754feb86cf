"""The laboratories' figures: tables in, figures out."""
