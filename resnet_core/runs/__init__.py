"""Runs on record: the store writes, queries read, export hands them out."""
