"""One image file, read with care: its size is known to be bearable before it is decoded."""

from __future__ import annotations

import math
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from resnet_core.errors import DataError

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".png", ".bmp", ".gif", ".webp", ".ppm", ".pgm", ".tif", ".tiff"}
)
MAX_PIXELS = 40_000_000
_MILLIONS = MAX_PIXELS // 1_000_000
Size = tuple[int, int]  # width, height
Choice = Callable[[Size], tuple[tuple[float, float, float, float], Size]]
_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "PPM", "TIFF")
_MODES = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"})
# What Pillow and the archive readers are known to raise on damaged bytes.
_DAMAGE = (
    *(OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError),
    *(struct.error, zlib.error, zipfile.BadZipFile, NotImplementedError, OverflowError),
)


def size_of(file: IO[bytes], name: str) -> tuple[int, int]:
    """Width and height, pixels, from the header alone.

    Raises:
        DataError: the file is no image, or one too large to decode safely; names it.
    """
    with _opened(file, name) as image:
        return image.size


def decode(file: IO[bytes], name: str, size: int) -> NDArray[np.uint8]:
    """The largest square in the middle as size x size RGB pixels: uint8, size, size, 3.

    Orientation tags are left alone. Reducing takes area averages.

    Raises:
        DataError: the file is no image, damaged, or too large to decode safely; names it.
    """
    with _opened(file, name) as image:
        image.draft("RGB", (size, size))  # lets JPEG decode at a fraction of its size
        rgb = image.convert("RGB")
        width, height = rgb.size
        if (width, height) != (size, size):
            side = min(width, height)
            left, top = (width - side) // 2, (height - side) // 2
            smoothing = Image.Resampling.BOX if side > size else Image.Resampling.BILINEAR
            box = (left, top, left + side, top + side)
            rgb = rgb.resize((size, size), smoothing, box)
        return np.asarray(rgb)


def decode_part(file: IO[bytes], name: str, choose: Choice) -> NDArray[np.uint8]:
    """A part of the picture, resized, as RGB pixels: uint8, H, W, 3.

    Orientation tags are left alone, as in `decode`.

    Args:
        choose: is told the picture's width and height; gives the part (left, top, right,
            bottom; fractions of pixels count) and the width and height to resize it to.

    Raises:
        DataError: the file is no image, damaged, or too large to decode safely; names it.
    """
    with _opened(file, name) as image:
        width, height = image.size
        (left, top, right, bottom), size = choose((width, height))
        # Lets JPEG decode at a fraction of its size, if the part is still large enough so.
        across, down = size[0] / (right - left), size[1] / (bottom - top)
        image.draft("RGB", (math.ceil(width * across), math.ceil(height * down)))
        rgb = image.convert("RGB")
        x, y = rgb.width / width, rgb.height / height
        box = (left * x, top * y, min(right * x, rgb.width), min(bottom * y, rgb.height))
        return np.asarray(rgb.resize(size, Image.Resampling.BILINEAR, box))


def decode_whole(file: IO[bytes], name: str, longest: int) -> NDArray[np.uint8]:
    """The whole picture as RGB pixels, its longer side at most `longest`: uint8, H, W, 3.

    Turned as its orientation tag says. Reducing takes area averages.

    Raises:
        DataError: the file is no image, damaged, or too large to decode safely; names it.
    """
    with _opened(file, name) as image:
        image.draft("RGB", (longest, longest))  # at least as large, in both directions
        rgb = ImageOps.exif_transpose(image).convert("RGB")
        width, height = rgb.size
        if max(width, height) > longest:
            scale = longest / max(width, height)
            size = max(1, round(width * scale)), max(1, round(height * scale))
            rgb = rgb.resize(size, Image.Resampling.BOX)
        return np.asarray(rgb)


@contextmanager
def _opened(file: IO[bytes], name: str) -> Iterator[Image.Image]:
    try:
        with Image.open(file, formats=_FORMATS) as image:
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise DataError(
                    "data.image_pixels", name=name, width=width, height=height, most=_MILLIONS
                )
            if image.mode not in _MODES:
                raise DataError("data.image_mode", name=name, mode=image.mode)
            yield image
    except Image.DecompressionBombError as error:
        raise DataError("data.image_too_large", name=name, most=_MILLIONS) from error
    except _DAMAGE as error:
        raise DataError("data.image_unreadable", name=name) from error
