"""Weights from elsewhere: read safely, named as ours, recognised, and put to the test."""
