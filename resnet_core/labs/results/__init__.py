"""Requests to laboratories and their results."""
