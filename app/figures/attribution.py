"""Maps and pictures as small PNGs inside an address: one colour scale for all, light and dark.

The scale runs from what speaks against a class (violet) over nothing (the page's own colour) to
what speaks for it (green-gold); no family of networks has these hues. Every map is shown over
its own largest absolute value, which stands beneath it.
"""

from __future__ import annotations

import base64
import io
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app import theme

# Ends and middle: against, nothing, for. Lightness changes evenly on both sides.
_LIGHT = ("#6a2c91", "#f4f4f2", "#5e7300")
_DARK = ("#d19bf0", "#171d26", "#c3d94b")
_STEPS = 127  # colours on each side
_LEAST = 192  # pixels of a drawn map's side: nearest-neighbour, so that each pixel is a square

Pixels = NDArray[np.uint8]


def map_address(values: NDArray[Any], dark: bool, mask: NDArray[np.bool_] | None = None) -> str:
    """A map as an image's address.

    Args:
        values: H, W, from -1 to 1.
        mask: H, W; its outline is drawn over the map.
    """
    places = np.rint(np.clip(values.astype(float), -1, 1) * _STEPS).astype(int) + _STEPS
    return address(_outlined(colours(dark)[places], mask, dark))


def picture_address(pixels: Pixels, dark: bool, mask: NDArray[np.bool_] | None = None) -> str:
    """A picture of H, W, C bytes, enlarged as maps are, as an image's address."""
    rgb = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels
    return address(_outlined(rgb, mask, dark))


def thumbnail_address(pixels: Pixels) -> str:
    """A picture of H, W, C bytes at its own size, as an image's address."""
    return address(np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels)


def channel_address(steps: Pixels) -> str:
    """One channel's map, H, W, from 0 (black) to 255 (white), as an image's address."""
    return address(np.repeat(steps[..., None], 3, axis=2))


def gradient(dark: bool) -> str:
    """The colour scale as CSS."""
    return f"linear-gradient(90deg, {', '.join(_DARK if dark else _LIGHT)})"


@lru_cache(maxsize=2)
def colours(dark: bool) -> Pixels:
    """The scale's colours, 2 x 127 + 1, 3."""
    against, nothing, speaks_for = map(np.array, map(theme.rgb, _DARK if dark else _LIGHT))
    up = np.linspace(0, 1, _STEPS + 1)[:, None]
    rising = nothing + up * (speaks_for - nothing)
    falling = (nothing + up * (against - nothing))[:0:-1]
    return np.rint(np.concatenate([falling, rising])).astype(np.uint8)


def address(rgb: Pixels, most_colours: int = 0) -> str:
    """Return H, W, 3 bytes as a data address of a PNG.

    Args:
        most_colours: in the file, which makes it smaller; 0 keeps all.
    """
    image, file = Image.fromarray(np.ascontiguousarray(rgb)), io.BytesIO()
    if most_colours:
        image = image.quantize(most_colours, dither=Image.Dither.NONE)
    image.save(file, format="PNG", optimize=most_colours > 0)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"


def enlarged(pixels: NDArray[Any], factor: int) -> NDArray[Any]:
    """Return every pixel as a square of so many."""
    return pixels.repeat(factor, axis=0).repeat(factor, axis=1)


def outline(labels: NDArray[Any]) -> NDArray[np.bool_]:
    """Return the line, two pixels wide, along the inner border of every shape.

    Args:
        labels: H, W; 0 or False where there is no shape.
    """
    padded = np.pad(labels, 2)
    border = np.zeros(padded.shape, bool)
    for axis in (0, 1):
        for shift in (-2, 2):
            border |= np.roll(padded, shift, axis) != padded
    return (border & (padded > 0))[2:-2, 2:-2]


def _outlined(rgb: Pixels, mask: NDArray[np.bool_] | None, dark: bool) -> Pixels:
    """Enlarge the picture and draw the mask's outline over it."""
    factor = max(1, -(-_LEAST // rgb.shape[0]))
    drawn = enlarged(rgb, factor)
    if mask is not None:
        drawn[outline(enlarged(mask, drawn.shape[0] // mask.shape[0]))] = 255 if dark else 20
    return drawn
