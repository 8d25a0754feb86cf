"""How images were prepared for a network from elsewhere: the three usual ways."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor

from resnet_core.data import augment

Normalization = Literal["imagenet", "cifar", "per-pixel"]

PER_PIXEL: Normalization = "per-pixel"  # the paper's (section 4.2)
NORMALIZATIONS: tuple[Normalization, ...] = get_args(Normalization)
# Mean and standard deviation of each colour, of values from 0 to 1. CIFAR's deviations are
# those that most public code has; they are means of the images' own deviations, a fifth below
# that of all pixels together.
STATISTICS: dict[Normalization, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "cifar": ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
}


def possible(channels: int) -> tuple[Normalization, ...]:
    """Those for images of so many channels: the statistics are of colour images."""
    return NORMALIZATIONS if channels == 3 else ("per-pixel",)


def normalized(images: Tensor, way: Normalization, mean: Tensor) -> Tensor:
    """Prepared images, float32.

    Args:
        images: uint8, B, C, H, W.
        mean: float32, C, H, W, of the training images; used by `per-pixel` (section 4.2).
    """
    if way == PER_PIXEL:
        return augment.centred(images, mean)
    centre, deviation = (
        torch.tensor(numbers, device=images.device).reshape(1, -1, 1, 1)
        for numbers in STATISTICS[way]
    )
    return (images.to(torch.float32) / 255 - centre) / deviation
