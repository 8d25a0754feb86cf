"""The paper's preparation of CIFAR images (section 4.2), one image at a time, without torch.

Training does the same to whole mini-batches in `augment`; this one can be looked at step by
step. The mean is subtracted first, so the padding's zeros stand for the mean's own value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resnet_core.data.imagenet.recipe import draw_mirrored

PADDING = 4  # pixels a side
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Draw:
    """The random choices for one image.

    Attributes:
        left, top: where the crop begins in the padded image, pixels, 0 to 2 x padding.
        mirrored: whether the crop is turned left to right.
    """

    left: int
    top: int
    mirrored: bool


def draw(generator: np.random.Generator, padding: int = PADDING) -> Draw:
    """Draw a place, all equally likely, and a mirror image with probability 1/2."""
    left, top = draw_place(generator, padding)
    return Draw(left, top, draw_mirrored(generator))


def draw_place(generator: np.random.Generator, padding: int = PADDING) -> tuple[int, int]:
    """Return left and top of a crop in the padded image; all places are equally likely."""
    left, top = (int(start) for start in generator.integers(0, 2 * padding + 1, 2))
    return left, top


def per_pixel_mean(images: NDArray[np.uint8]) -> Floats:
    """Return the mean of N, H, W, C bytes over the training images N, from 0 to 1."""
    return np.asarray(images.mean(axis=0, dtype=np.float64) / 255, np.float32)


def without_mean(image: NDArray[np.uint8], mean: Floats) -> Floats:
    """Return pixels from 0 to 1 less the training set's mean at each; H, W, C."""
    return image.astype(np.float32) / np.float32(255) - mean


def padded(values: Floats, padding: int = PADDING) -> Floats:
    """Return the image with zeros on four sides."""
    return np.pad(values, ((padding, padding), (padding, padding), (0, 0)))


def cropped(values: Floats, chance: Draw, padding: int = PADDING) -> Floats:
    """Return the crop of the padded image, as large as the image was; maybe mirrored."""
    height, width = values.shape[0] - 2 * padding, values.shape[1] - 2 * padding
    crop = values[chance.top : chance.top + height, chance.left : chance.left + width]
    return crop[:, ::-1] if chance.mirrored else crop


def augmented(
    image: NDArray[np.uint8], mean: Floats, chance: Draw, padding: int = PADDING
) -> Floats:
    """Return one training view, H, W, C."""
    return cropped(padded(without_mean(image, mean), padding), chance, padding)
