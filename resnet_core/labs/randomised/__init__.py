"""Randomised."""
