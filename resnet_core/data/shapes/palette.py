"""Colours for the embedded shapes, with a guaranteed difference in brightness.

Brightness here is luma, a linear function of the stored RGB values. Mixtures of colours
therefore keep within the lumas of what is mixed, and a gap between two sets of colours
holds for every mixture of each.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
CONTRAST = 0.2  # least difference in luma between a shape and its background
_DARKEST, _LIGHTEST = 0.08, 0.96


def background_colours(random: np.random.Generator, count: int, knots: int) -> Float32:
    """Related colours to interpolate between, as RGB from 0 to 1: count, knots, knots, 3."""
    grid = (count, knots, knots)
    hue = random.uniform(0, 1, (count, 1, 1)) + random.normal(0, 0.07, grid)
    saturation = random.uniform(0.3, 0.9, (count, 1, 1)) * random.uniform(0.6, 1, grid)
    luma = random.uniform(0.22, 0.82, (count, 1, 1)) + random.uniform(-0.14, 0.14, grid)
    return _with_luma(_pure(hue, saturation), luma)


def shape_colours(random: np.random.Generator, background: Float32) -> Float32:
    """Two related colours a shape, both lighter or both darker than the background by CONTRAST.

    background: count, knots, knots, 3. Returns count, 2, 3.
    """
    count = len(background)
    luma = (background @ LUMA).reshape(count, -1)
    below = np.maximum(luma.min(axis=1) - CONTRAST - _DARKEST, 0)
    above = np.maximum(_LIGHTEST - luma.max(axis=1) - CONTRAST, 0)
    lighter = random.uniform(0, 1, count) * (below + above) < above
    low = np.where(lighter, luma.max(axis=1) + CONTRAST, _DARKEST)[:, None]
    room = np.where(lighter, above, below)[:, None]
    hue = random.uniform(0, 1, (count, 1)) + random.normal(0, 0.05, (count, 2))
    saturation = random.uniform(0.5, 1, (count, 1)) * np.ones((1, 2))
    colours = _pure(hue, saturation)
    return _with_luma(colours, low + room * random.uniform(0, 1, (count, 2)))


def _pure(hue: NDArray, saturation: NDArray) -> Float32:
    """The colour of a hue (0 to 1 round the circle), paled towards white. ..., 3."""
    wheel = np.abs(np.remainder(hue[..., None] + np.array([0, 2, 1]) / 3, 1) * 6 - 3) - 1
    return (1 - saturation[..., None] * (1 - np.clip(wheel, 0, 1))).astype(np.float32)


def _with_luma(colours: Float32, luma: NDArray) -> Float32:
    """Mixed with white or black until the luma is as asked: always a displayable colour."""
    now = colours @ LUMA
    luma = luma.astype(np.float32)
    lighten = np.clip((luma - now) / np.maximum(1 - now, 1e-6), 0, 1)[..., None]
    darken = np.clip(luma / now, 0, 1)[..., None]
    return np.where(lighten > 0, colours + lighten * (1 - colours), colours * darken)
