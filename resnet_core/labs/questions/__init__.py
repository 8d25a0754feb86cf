"""What each laboratory asks: its settings and its possible findings, without torch."""
