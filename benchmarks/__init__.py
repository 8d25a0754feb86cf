"""Measurements that print tables, each run by one command."""
