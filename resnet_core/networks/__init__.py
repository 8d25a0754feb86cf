"""The CIFAR family of section 4.2: blocks, shortcuts and the networks built from them."""
