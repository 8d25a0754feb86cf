"""One number a layer: steps of gradient descent by depth."""
