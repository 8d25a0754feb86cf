"""Colours of maps mean what the scale says; outlines lie where the mask is."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from app.figures import attribution


def _pixels(address: str) -> np.ndarray:
    head, _, content = address.partition(",")
    assert head == "data:image/png;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))).convert("RGB"))


@pytest.mark.parametrize("dark", [False, True])
def test_the_scale_is_the_pages_colour_in_the_middle_and_even_on_both_sides(dark: bool) -> None:
    colours = attribution.colours(dark).astype(int)
    assert len(colours) == 255
    middle = colours[127]
    assert (middle.mean() < 60) == dark
    away = np.abs(colours - middle).sum(axis=1)
    assert (np.diff(away[127:]) >= 0).all()
    assert (np.diff(away[127::-1]) >= 0).all()


def test_maps_are_enlarged_pixel_by_pixel() -> None:
    values = np.array([[-1.0, 0.0], [0.5, 1.0]])
    pixels = _pixels(attribution.map_address(values, False))
    half = pixels.shape[0] // 2
    assert half >= 96
    colours = attribution.colours(False)
    for (row, column), value in np.ndenumerate(values):
        part = pixels[row * half : (row + 1) * half, column * half : (column + 1) * half]
        assert (part == colours[round(value * 127) + 127]).all()


def test_the_outline_is_on_the_masks_inner_border() -> None:
    mask = np.zeros((8, 8), bool)
    mask[2:6, 2:6] = True
    plain = _pixels(attribution.map_address(np.zeros((8, 8)), False))
    drawn = _pixels(attribution.map_address(np.zeros((8, 8)), False, mask))
    factor = plain.shape[0] // 8
    changed = (plain != drawn).any(axis=2)
    inside = mask.repeat(factor, 0).repeat(factor, 1)
    assert changed.any()
    assert not (changed & ~inside).any()
    middle = slice(2 * factor + 2, 6 * factor - 2)
    assert not changed[middle, middle].any()


def test_grey_pictures_and_large_ones_are_drawn_too() -> None:
    grey = np.arange(16, dtype=np.uint8).reshape(4, 4, 1)
    assert _pixels(attribution.picture_address(grey, False))[0, 0].tolist() == [0, 0, 0]
    large = np.zeros((224, 224, 3), np.uint8)
    assert _pixels(attribution.picture_address(large, False)).shape == (224, 224, 3)
    assert _pixels(attribution.thumbnail_address(grey)).shape == (4, 4, 3)
    assert _pixels(attribution.channel_address(grey[..., 0])).shape == (4, 4, 3)
