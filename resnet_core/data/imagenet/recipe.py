"""The paper's preparation of ImageNet images (section 3.4), one image at a time, without torch.

In training the image's shorter side is made a random length from 256 to 480, a random
224 x 224 crop of it or of its mirror image is taken, its colours are shifted along their
principal components, and the per-pixel mean is subtracted. In testing ten crops are averaged
(10-crop), or the whole image is shown in several sizes.

Random choices are a `Draw`, so that the same draw can be outlined on an image, taken step by
step, or repeated. For crops of another size than 224, every length is in proportion.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from resnet_core.errors import DataError

SHORTER_SIDES = (256, 480)  # pixels, both included
CROP = 224  # pixels
TEST_SIDE = 256  # the shorter side from which ten crops are taken
SEVERAL_SIDES = (224, 256, 384, 480, 640)  # of the fully convolutional test, section 3.4
# A shorter side of 480 of such an image is still 9600 pixels long; no photograph is longer.
LONGEST_FORM = 20.0

# Colour augmentation of Krizhevsky et al. 2012, section 4.1: eigenvectors (columns) and
# eigenvalues of the covariance of ImageNet's RGB values, which go from 0 to 1 here. Three
# draws an image, normal with this standard deviation, are multiplied by the eigenvalues.
COLOUR_STD = 0.1
EIGENVALUES = (0.2175, 0.0188, 0.0045)
EIGENVECTORS = (
    (-0.5675, 0.7192, 0.4009),
    (-0.5808, -0.0045, -0.8140),
    (-0.5836, -0.6948, 0.4203),
)
# The mean of ImageNet's training images by channel, from 0 to 1. The paper subtracts a mean by
# pixel; see `views.per_pixel_mean`.
CHANNEL_MEAN = (0.485, 0.456, 0.406)

Pixels = NDArray[np.uint8]  # H, W, 3
Floats = NDArray[np.float32]
Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True)
class Draw:
    """The random choices for one image.

    Attributes:
        shorter_side: of the resized image, pixels.
        left, top: where the crop begins in the resized image, pixels.
        mirrored: whether the crop is turned left to right.
        colour: the three factors of the eigenvalues.
    """

    shorter_side: int
    left: int
    top: int
    mirrored: bool
    colour: tuple[float, float, float]


def scaled(length: int, crop: int = CROP) -> int:
    """Return a length of the recipe, pixels, for crops of this size."""
    return round(length * crop / CROP)


def draw(size: tuple[int, int], generator: np.random.Generator, crop: int = CROP) -> Draw:
    """Draw for an image of this width and height.

    Raises:
        DataError: the image is too long and thin.
    """
    side = draw_side(generator, crop)
    left, top = draw_place(size, side, generator, crop)
    return Draw(side, left, top, draw_mirrored(generator), draw_colour(generator))


def draw_side(generator: np.random.Generator, crop: int = CROP) -> int:
    """Return a shorter side; all are equally likely."""
    least, most = (scaled(side, crop) for side in SHORTER_SIDES)
    return int(generator.integers(least, most + 1))


def draw_place(
    size: tuple[int, int], shorter_side: int, generator: np.random.Generator, crop: int = CROP
) -> tuple[int, int]:
    """Return left and top of a crop in the resized image; all places are equally likely.

    Raises:
        DataError: the image is too long and thin.
    """
    width, height = resized_size(size, shorter_side)
    left, top = (int(generator.integers(0, length - crop + 1)) for length in (width, height))
    return left, top


def draw_mirrored(generator: np.random.Generator) -> bool:
    """Return True with probability 1/2."""
    return bool(generator.random() < 0.5)


def draw_colour(generator: np.random.Generator) -> tuple[float, float, float]:
    """Return the factors of the three eigenvalues."""
    first, second, third = generator.normal(0.0, COLOUR_STD, 3)
    return float(first), float(second), float(third)


def resized_size(size: tuple[int, int], shorter_side: int) -> tuple[int, int]:
    """Return width and height with this shorter side and the image's own proportions.

    Raises:
        DataError: the image is too long and thin.
    """
    width, height = size
    shorter = min(width, height)
    if shorter < 1 or max(width, height) > LONGEST_FORM * shorter:
        raise DataError("data.image_form", width=width, height=height, most=f"{LONGEST_FORM:.0f}")
    scaled = (round(length * shorter_side / shorter) for length in size)
    width, height = (max(shorter_side, length) for length in scaled)
    return width, height


def resized(pixels: Pixels, shorter_side: int) -> Pixels:
    """Return the whole image with this shorter side."""
    height, width = pixels.shape[:2]
    size = resized_size((width, height), shorter_side)
    image = Image.fromarray(pixels).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(image)


def crop_box(size: tuple[int, int], chance: Draw, crop: int = CROP) -> Box:
    """Return the crop's box in the original image, in that image's pixels."""
    width, height = resized_size(size, chance.shorter_side)
    across, down = size[0] / width, size[1] / height
    right, bottom = chance.left + crop, chance.top + crop
    return chance.left * across, chance.top * down, right * across, bottom * down


def cropped(pixels: Pixels, chance: Draw) -> Pixels:
    """Return the crop, 224 x 224, mirrored where it is drawn so.

    Only the crop is resized, not the whole image: the same pixels for less work.
    """
    height, width = pixels.shape[:2]
    box = crop_box((width, height), chance)
    image = Image.fromarray(pixels).resize((CROP, CROP), Image.Resampling.BILINEAR, box)
    crop = np.asarray(image)
    return crop[:, ::-1] if chance.mirrored else crop


def colour_shift(chance: Draw) -> tuple[float, float, float]:
    """Return what is added to every red, green and blue value, of 1: P (alpha * lambda)."""
    weights = np.asarray(chance.colour) * np.asarray(EIGENVALUES)
    red, green, blue = np.asarray(EIGENVECTORS) @ weights
    return float(red), float(green), float(blue)


def recoloured(crop: Pixels, chance: Draw) -> Floats:
    """Return the crop from 0 to 1 with its colours shifted; values may go a little beyond."""
    return crop.astype(np.float32) / np.float32(255) + np.asarray(colour_shift(chance), np.float32)


def without_mean(values: Floats, mean: Floats) -> Floats:
    """Return values from 0 to 1 less the training set's mean, by pixel (H, W, 3) or channel (3)."""
    return values - mean.astype(np.float32)


def augmented(pixels: Pixels, mean: Floats, chance: Draw) -> Floats:
    """Return one training view: crop or flip, colours, mean subtracted. float32, 224, 224, 3."""
    return without_mean(recoloured(cropped(pixels, chance), chance), mean)


def centre_draw(size: tuple[int, int], crop: int = CROP) -> Draw:
    """Return the single test view: the middle of the image with the least shorter side."""
    return ten_draws(size, scaled(TEST_SIDE, crop), crop)[4]


def ten_draws(
    size: tuple[int, int], shorter_side: int = TEST_SIDE, crop: int = CROP
) -> tuple[Draw, ...]:
    """Return the ten test views: corners and centre, then the same mirrored; no colour shift."""
    width, height = resized_size(size, shorter_side)
    right, bottom = width - crop, height - crop
    corners = [(0, 0), (right, 0), (0, bottom), (right, bottom), (right // 2, bottom // 2)]
    plain = [Draw(shorter_side, left, top, False, (0.0, 0.0, 0.0)) for left, top in corners]
    return (*plain, *(replace(one, mirrored=True) for one in plain))


def ten_crops(pixels: Pixels, mean: Floats, shorter_side: int = TEST_SIDE) -> Floats:
    """Return the ten test views, whose logits are averaged. float32, 10, 224, 224, 3."""
    height, width = pixels.shape[:2]
    draws = ten_draws((width, height), shorter_side)
    return np.stack([augmented(pixels, mean, one) for one in draws])
