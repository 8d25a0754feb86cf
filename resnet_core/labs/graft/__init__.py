"""Graft."""
