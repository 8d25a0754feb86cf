"""Images of one's own: checked, made square and small, and stored under a hash of their pixels.

An upload is decoded once, within bounds, and then dropped: the name, format, place and date that
a camera writes into a file are gone. A PNG of pixels alone is stored.
"""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from resnet_core.data import decoding
from resnet_core.errors import DataError
from resnet_core.system import disk, home

SIDE = 448  # of the longer side, pixels; twice what any network here takes
MEGABYTES = 20
_DIGITS = 32
_ID = re.compile(rf"[0-9a-f]{{{_DIGITS}}}", re.ASCII)

Pixels = NDArray[np.uint8]


def store(content: bytes, name: str = "picture") -> str:
    """Check an image and store it; return its id, which is the same for the same pixels.

    Args:
        content: a file as it was uploaded.
        name: only used in sentences.

    Raises:
        DataError: it is no image, damaged, or too large to decode safely; nothing is stored.
    """
    if len(content) > MEGABYTES * 1_000_000:
        raise DataError("data.image_megabytes", size=f"{len(content) / 1e6:.0f}", most=MEGABYTES)
    pixels = _square(decoding.decode_whole(io.BytesIO(content), name[:60], SIDE))
    image_id = hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()[:_DIGITS]
    path = _path(image_id)
    if not path.exists():
        try:
            with disk.whole_file(path) as file:
                Image.fromarray(pixels).save(file, format="PNG")
        except OSError as error:
            raise DataError("data.image_unwritten", reason=error, folder=path.parent) from error
    return image_id


def load(image_id: str) -> Pixels:
    """Return the image's pixels: uint8, S, S, 3.

    Raises:
        DataError: there is no such image, or its file was damaged.
    """
    try:
        content = _path(image_id).read_bytes()
    except OSError as error:
        raise DataError("data.image_gone") from error
    side = decoding.size_of(io.BytesIO(content), "of your own")[0]
    return decoding.decode(io.BytesIO(content), "of your own", side)


def _square(pixels: Pixels) -> Pixels:
    """Return the largest square in the middle. H, W, 3 -> S, S, 3."""
    height, width, _ = pixels.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return np.ascontiguousarray(pixels[top : top + side, left : left + side])


def _path(image_id: str) -> Path:
    """Return the image's place. The id is checked, so that no other file can be meant."""
    if not _ID.fullmatch(image_id):
        raise DataError("data.image_id", given=image_id[:60])
    return home.pictures_folder() / f"{image_id}.png"
