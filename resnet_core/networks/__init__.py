"""The networks of the paper: blocks, shortcuts, and what CIFAR and ImageNet make of them."""
