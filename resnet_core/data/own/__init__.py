"""Data sets and images of one's own: folders, archives, arrays, uploads."""
