"""Shattered."""
