"""Measurements during training, and the stream that stores them."""
