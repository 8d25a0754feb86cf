"""What is measured during training, and the stream that keeps it."""
