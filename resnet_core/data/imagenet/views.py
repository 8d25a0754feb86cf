"""The views of image files that networks for ImageNet are given (section 3.4), and their mean.

A view is bytes; the mean is subtracted and the colours are shifted where the network is, a
mini-batch at a time. In training a view depends on the run's seed, the pass over the data and
the image's position alone: the thread that decodes it, when, and beside which others, changes
nothing.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from resnet_core.data import cache, decoding
from resnet_core.data.dataset import ImageSet, class_order
from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet import recipe
from resnet_core.data.imagenet.image_folder import ImageFiles
from resnet_core.data.imagenet.recipe import Draw
from resnet_core.errors import DataError
from resnet_core.system import home

MEAN_IMAGES = 4096
_MEAN_SEED = 0
_MEAN_VERSION = 1
_UNSHIFTED = (0.0, 0.0, 0.0)

Size = tuple[int, int]  # width and height, pixels
Crops = NDArray[np.uint8]  # V, H, W, 3

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class View:
    """A crop of an image.

    Attributes:
        pixels: uint8, S, S, 3, mirrored already.
        shift: added to red, green and blue, which go from 0 to 1.
    """

    pixels: NDArray[np.uint8]
    shift: tuple[float, float, float] = _UNSHIFTED


def training_view(
    files: ImageFiles, position: int, crop: int, seeds: tuple[int, ...], flip: bool = True
) -> View:
    """Return a random crop of a random size, maybe mirrored, its colours shifted.

    Raises:
        DataError: the image cannot be used; names it.
    """
    generator = np.random.default_rng(seeds)
    pixels, chance = _crop(files, position, crop, lambda size: recipe.draw(size, generator, crop))
    mirrored = chance.mirrored and flip
    return View(pixels[:, ::-1] if mirrored else pixels, recipe.colour_shift(chance))


def centre_view(files: ImageFiles, position: int, crop: int) -> View:
    """Return the single view of testing: the middle of the image at its least size.

    Raises:
        DataError: the image cannot be used; names it.
    """
    return View(_crop(files, position, crop, lambda size: recipe.centre_draw(size, crop))[0])


def ten_views(files: ImageFiles, position: int, crop: int) -> Crops:
    """Return four corners, the middle, and the same mirrored: uint8, 10, S, S, 3.

    Raises:
        DataError: the image cannot be used; names it.
    """
    side = recipe.scaled(recipe.TEST_SIDE, crop)
    whole = whole_view(files, position, side)
    draws = recipe.ten_draws((whole.shape[1], whole.shape[0]), side, crop)
    crops = (whole[one.top : one.top + crop, one.left : one.left + crop] for one in draws)
    return np.stack([c[:, ::-1] if d.mirrored else c for c, d in zip(crops, draws, strict=True)])


def whole_view(files: ImageFiles, position: int, shorter_side: int) -> NDArray[np.uint8]:
    """Return the whole image with this shorter side: uint8, H, W, 3.

    Raises:
        DataError: the image cannot be used; names it.
    """

    def choose(size: Size) -> tuple[recipe.Box, Size]:
        return (0, 0, *size), recipe.resized_size(size, shorter_side)

    return _decoded(files, position, choose)


def centre_views(files: ImageFiles, crop: int, most: int, decoders: Decoders) -> ImageSet:
    """Return centre views in memory, as many of each class while they last.

    A smaller `most` gives the beginning of what a larger one gives.

    Raises:
        DataError: an image cannot be used; names it.
    """
    few = files.take(class_order(files.labels, equal=True)[:most])
    views = decoders.map(partial(centre_view, few, crop=crop), range(len(few)))
    return ImageSet(np.stack([view.pixels for view in views]), few.labels)


def per_pixel_mean(files: ImageFiles, crop: int, decoders: Decoders) -> NDArray[np.float32]:
    """Return the mean of the training images that is subtracted from every view.

    Reading a million images for it would take as long as a pass of training, so it is the mean
    of the centre views of 4,096, the same for every run on the folder. A pixel varies by about
    0.28 of full range from image to image, and its mean over the sample by 0.28 / sqrt(4096) =
    0.004. It is cached, and stored in every checkpoint.

    Returns:
        Of bytes, 0 to 255: float32, 3, S, S.

    Raises:
        DataError: an image of the sample cannot be used; names it.
    """
    versions = f"{_MEAN_VERSION} {MEAN_IMAGES} {_MEAN_SEED} {crop} {files.root}"
    digest = hashlib.sha256(versions.encode() + b"\0".join(files.names.tolist()))
    file = home.cache_folder() / f"mean-{digest.hexdigest()[:16]}.npz"
    return cache.read_or_make(file, lambda: _computed_mean(files, crop, decoders))["mean"]


def mean_sample(count: int) -> NDArray[np.int64]:
    """Return the positions whose mean is taken among so many images, rising."""
    positions = np.random.default_rng(_MEAN_SEED).permutation(count)[:MEAN_IMAGES]
    return np.sort(positions).astype(np.int64)


def _computed_mean(files: ImageFiles, crop: int, decoders: Decoders) -> cache.Arrays:
    """Return the mean; integers are added, so their order changes nothing."""
    positions = mean_sample(len(files))
    _log.info("Reading %d training images for their mean.", len(positions))
    total = np.zeros((crop, crop, 3), np.int64)
    for view in decoders.map(partial(centre_view, files, crop=crop), positions.tolist()):
        total += view.pixels
    mean = (total / len(positions)).transpose(2, 0, 1)
    return {"mean": np.ascontiguousarray(mean, np.float32)}


def _crop(
    files: ImageFiles, position: int, crop: int, draw: Callable[[Size], Draw]
) -> tuple[NDArray[np.uint8], Draw]:
    """Return the crop that is drawn once the image's size is known, not mirrored yet."""
    draws: list[Draw] = []

    def choose(size: Size) -> tuple[recipe.Box, Size]:
        draws.append(draw(size))
        return recipe.crop_box(size, draws[0], crop), (crop, crop)

    return _decoded(files, position, choose), draws[0]


def _decoded(files: ImageFiles, position: int, choose: decoding.Choice) -> NDArray[np.uint8]:
    path = files.path(position)

    def choose_or_name(size: Size) -> tuple[recipe.Box, Size]:
        try:
            return choose(size)
        except DataError as error:
            raise DataError("data.in_file", path=path, problem=error) from error

    try:
        with path.open("rb") as file:
            return decoding.decode_part(file, str(path), choose_or_name)
    except OSError as error:
        raise DataError("data.file_unreadable", path=path, reason=error) from error
