"""Images on disk, decoded as training needs them: the paper's preparation for ImageNet."""
