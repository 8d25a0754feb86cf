"""Image files decoded with care: a size is known to be bearable before it is decoded.

`Decoders` are threads that do so beside training. Threads, not processes: Pillow lets other
threads run while it decodes and resizes, so they share the cores with training as processes
would (docs/decisions/0007 has the measurement), and they end with the process.
"""

from __future__ import annotations

import math
import os
import struct
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import IO, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, features

from resnet_core.errors import DataError
from resnet_core.system import environment

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".dib", ".gif", ".webp", ".avif"}
    | {".ppm", ".pgm", ".pbm", ".pnm", ".tif", ".tiff"}
)
_BEGINNINGS = (
    *(b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*"),
    *(b"BM", b"P4", b"P5", b"P6"),
)
_ENDS = {"JPEG": b"\xff\xd9", "PNG": b"IEND"}  # by Pillow's name of the format
_END_BYTES = 4096  # cameras write more behind a picture
MAX_PIXELS = 40_000_000
_MILLIONS = MAX_PIXELS // 1_000_000
Size = tuple[int, int]  # width, height
Choice = Callable[[Size], tuple[tuple[float, float, float, float], Size]]
_MOST_DEFAULT_DECODERS = 16
_AHEAD = 8  # images a thread that are decoded before they are needed
_FORMATS: tuple[str, ...] = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "PPM", "TIFF")
if features.check("avif"):  # Pillow's own packages have it since 11.3
    _FORMATS += ("AVIF",)
_MODES = frozenset({"1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"})
# What Pillow and the archive readers are known to raise on damaged bytes.
_DAMAGE = (
    *(OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError),
    *(struct.error, zlib.error, zipfile.BadZipFile, NotImplementedError, OverflowError),
)

Item = TypeVar("Item")
Result = TypeVar("Result")


def is_picture(start: bytes) -> bool:
    """Return whether a file's first 16 bytes are those of an image that can be read."""
    if start[:4] == b"RIFF":
        return start[8:12] == b"WEBP"
    return start.startswith(_BEGINNINGS) or start[4:12] in {b"ftypavif", b"ftypavis"}


def size_of(file: IO[bytes], name: str) -> tuple[int, int]:
    """Return width and height, pixels, from the header alone.

    Raises:
        DataError: the file is no image, or one too large to decode safely; names it.
    """
    with _opened(file, name) as image:
        return image.size


def checked_size(file: IO[bytes], name: str) -> tuple[int, int]:
    """Return width and height; a file whose end is missing is decoded, to see whether it can be.

    Raises:
        DataError: as for `size_of`, or the file is cut short.
    """
    with _opened(file, name) as image:
        size = image.size
        mark = _ENDS.get(image.format or "")
        if mark is not None and not _ends_with(file, mark):
            image.load()
        return size


def _ends_with(file: IO[bytes], mark: bytes) -> bool:
    """Return whether a file's last bytes hold what its format ends with; the place is kept."""
    place = file.tell()
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - _END_BYTES))
    last = file.read()
    file.seek(place)
    return mark in last


def decode(file: IO[bytes], name: str, size: int) -> NDArray[np.uint8]:
    """Return the largest square in the middle as size x size RGB pixels: uint8, size, size, 3.

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
    """Return a part of the image, resized, as RGB pixels: uint8, H, W, 3.

    Orientation tags are left alone, as in `decode`.

    Args:
        choose: takes the image's width and height; returns the part (left, top, right,
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
    """Return the whole image as RGB pixels, its longer side at most `longest`: uint8, H, W, 3.

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


class Decoders:
    """Threads that decode images; with a count of 0 the caller's thread does it.

    Results never depend on their number.
    """

    def __init__(self, count: int | None = None) -> None:
        self.count = default_count() if count is None else count
        self._pool = ThreadPoolExecutor(self.count, "decoder") if self.count else None

    def begin(self, job: Callable[[Item], Result], item: Item) -> Callable[[], Result]:
        """Start `job(item)`; return a function that waits for its result or raises its error."""
        if self._pool is None:
            return partial(job, item)
        return self._pool.submit(job, item).result

    def map(self, job: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """Yield the results in the order of the items, a few of which are in work at a time."""
        results: deque[Callable[[], Result]] = deque()
        for item in items:
            results.append(self.begin(job, item))
            if len(results) > self.count * _AHEAD:
                yield results.popleft()()
        while results:
            yield results.popleft()()

    def close(self) -> None:
        """Drop the jobs that have not begun; the others finish."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)


def default_count() -> int:
    """Return RESIDUAL_PLAYGROUND_DECODERS; by default all cores but one, from 1 to 16.

    Raises:
        InvalidSetting: it is not a number from 0 to 64.
    """
    decoders = environment.read().decoders
    if decoders is None:
        return min(max(1, (os.cpu_count() or 1) - 1), _MOST_DEFAULT_DECODERS)
    return decoders
