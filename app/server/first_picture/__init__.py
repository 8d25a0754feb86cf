"""First picture."""
