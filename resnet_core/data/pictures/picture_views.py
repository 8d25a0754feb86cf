"""The views of one picture that a network is given (section 3.4), decoded from its file.

A view is bytes; the mean is subtracted and the colours are shifted where the network is, a
mini-batch at a time. In training chance decides by the run's seed, the pass over the data and
the picture's place alone: who decodes a picture, when, and beside which others, changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resnet_core.data import decoding
from resnet_core.data.pictures import imagenet_recipe as recipe
from resnet_core.data.pictures.imagenet_recipe import Draw
from resnet_core.data.pictures.picture_folder import Pictures
from resnet_core.errors import DataError

Size = tuple[int, int]  # width and height, pixels
Crops = NDArray[np.uint8]  # V, H, W, 3
UNSHIFTED = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class View:
    """A crop of a picture.

    Attributes:
        pixels: uint8, S, S, 3, mirrored already.
        shift: what is to be added to red, green and blue, which go from 0 to 1.
    """

    pixels: NDArray[np.uint8]
    shift: tuple[float, float, float] = UNSHIFTED


def training_view(
    pictures: Pictures, place: int, crop: int, seeds: tuple[int, ...], flip: bool = True
) -> View:
    """A random crop of a random size, maybe mirrored, its colours shifted.

    Args:
        seeds: decide what is drawn.

    Raises:
        DataError: the picture cannot be used; names it.
    """
    generator = np.random.default_rng(seeds)
    pixels, chance = _crop(pictures, place, crop, lambda size: recipe.draw(size, generator, crop))
    mirrored = chance.mirrored and flip
    return View(pixels[:, ::-1] if mirrored else pixels, recipe.colour_shift(chance))


def centre_view(pictures: Pictures, place: int, crop: int) -> View:
    """The single view of testing: the middle of the picture at its least size.

    Raises:
        DataError: the picture cannot be used; names it.
    """
    return View(_crop(pictures, place, crop, lambda size: recipe.centre_draw(size, crop))[0])


def ten_views(pictures: Pictures, place: int, crop: int) -> Crops:
    """Four corners, the middle, and the same mirrored: uint8, 10, S, S, 3.

    Raises:
        DataError: the picture cannot be used; names it.
    """
    side = recipe.scaled(recipe.TEST_SIDE, crop)
    whole = whole_view(pictures, place, side)
    size = (whole.shape[1], whole.shape[0])
    return np.stack(
        [
            _turned(whole[one.top : one.top + crop, one.left : one.left + crop], one)
            for one in recipe.ten_draws(size, side, crop)
        ]
    )


def whole_view(pictures: Pictures, place: int, shorter_side: int) -> NDArray[np.uint8]:
    """The whole picture with this shorter side: uint8, H, W, 3.

    Raises:
        DataError: the picture cannot be used; names it.
    """

    def choose(size: Size) -> tuple[recipe.Box, Size]:
        return (0, 0, *size), recipe.resized_size(size, shorter_side)

    return _decoded(pictures, place, choose)


def _crop(
    pictures: Pictures, place: int, crop: int, draw: Callable[[Size], Draw]
) -> tuple[NDArray[np.uint8], Draw]:
    """The crop that is drawn once the picture's size is known, not mirrored yet."""
    drawn: list[Draw] = []

    def choose(size: Size) -> tuple[recipe.Box, Size]:
        drawn.append(draw(size))
        return recipe.crop_box(size, drawn[0], crop), (crop, crop)

    return _decoded(pictures, place, choose), drawn[0]


def _decoded(pictures: Pictures, place: int, choose: decoding.Choice) -> NDArray[np.uint8]:
    path = pictures.path(place)

    def named(size: Size) -> tuple[recipe.Box, Size]:
        try:
            return choose(size)
        except DataError as error:
            raise DataError("data.in_file", path=path, problem=error) from error

    try:
        with path.open("rb") as file:
            return decoding.decode_part(file, str(path), named)
    except OSError as error:
        raise DataError("data.file_unreadable", path=path, reason=error) from error


def _turned(pixels: NDArray[np.uint8], chance: Draw) -> NDArray[np.uint8]:
    return pixels[:, ::-1] if chance.mirrored else pixels
