"""Microscope."""
