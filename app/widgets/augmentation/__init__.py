"""The augmentation page: what training does to a picture, draw by draw."""
