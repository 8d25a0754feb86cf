"""Pictures of one's own: checked, made square and small, and kept by what they show.

What was uploaded is decoded once, within bounds, and thrown away: name, format, place and date
that a camera writes into a file are gone. What is kept is a PNG of pixels alone.
"""

from __future__ import annotations

import hashlib
import io
import re
import secrets
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from resnet_core.data import decoding
from resnet_core.errors import DataError
from resnet_core.system import home

SIDE = 448  # of the longer side, pixels; twice what any network here takes
MEGABYTES = 20
_DIGITS = 32
_ID = re.compile(rf"[0-9a-f]{{{_DIGITS}}}", re.ASCII)

Pixels = NDArray[np.uint8]


def keep(content: bytes, name: str = "picture") -> str:
    """Check a picture and keep it; its id, which is the same for the same pixels.

    Args:
        content: a file as it was uploaded.
        name: only used in sentences.

    Raises:
        DataError: it is no image, damaged, or too large to decode safely; nothing is kept.
    """
    if len(content) > MEGABYTES * 1_000_000:
        raise DataError("data.picture_megabytes", size=f"{len(content) / 1e6:.0f}", most=MEGABYTES)
    pixels = _square(decoding.decode_whole(io.BytesIO(content), name[:60], SIDE))
    digest = hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()[:_DIGITS]
    path = _path(digest)
    if not path.exists():
        _write(path, pixels)
    return digest


def load(picture_id: str) -> Pixels:
    """The picture's pixels: uint8, S, S, 3.

    Raises:
        DataError: there is no such picture, or its file was damaged.
    """
    try:
        content = _path(picture_id).read_bytes()
    except OSError as error:
        raise DataError("data.picture_gone") from error
    return decoding.decode(io.BytesIO(content), "of your own", _side(content))


def _square(pixels: Pixels) -> Pixels:
    """The largest square in the middle. H, W, 3 -> S, S, 3."""
    height, width, _ = pixels.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return np.ascontiguousarray(pixels[top : top + side, left : left + side])


def _side(content: bytes) -> int:
    return decoding.size_of(io.BytesIO(content), "of your own")[0]


def _path(picture_id: str) -> Path:
    """Where the picture lies or would lie; the id is one, so no other file can be meant."""
    if not _ID.fullmatch(picture_id):
        raise DataError("data.picture_id", given=picture_id[:60])
    return home.pictures_folder() / f"{picture_id}.png"


def _write(path: Path, pixels: Pixels) -> None:
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        Image.fromarray(pixels).save(partial, format="PNG")
        partial.replace(path)
    except OSError as error:
        raise DataError("data.picture_unwritten", reason=error, folder=path.parent) from error
    finally:
        partial.unlink(missing_ok=True)
