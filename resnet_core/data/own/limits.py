"""The bounds of images in memory."""

# An Experiment's own bounds for image_size, pixels.
SMALLEST, LARGEST = 4, 256
MOST_BYTES = 2 * 2**30  # of pixels in memory
