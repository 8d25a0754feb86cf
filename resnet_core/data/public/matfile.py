"""Numeric arrays from a MATLAB level 5 file: the format in which SVHN is published."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from resnet_core.errors import DataError

_HEADER = 128  # bytes of text and version before the first element
_MATRIX, _COMPRESSED = 14, 15
_TYPES = {1: "i1", 2: "u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4", 7: "<f4", 9: "<f8"}
_TYPES |= {12: "<i8", 13: "<u8"}
_MOST = 2**31  # bytes of one array


def read(path: Path) -> dict[str, NDArray]:
    """The file's real numeric arrays by name, in MATLAB's order of axes.

    Raises:
        DataError: the file is damaged or holds something else.
    """
    try:
        content = path.read_bytes()
        if content[126:128] != b"IM":  # little-endian, as the published files are
            raise ValueError("no MATLAB level 5 file")
        arrays, at = {}, _HEADER
        while at < len(content):
            kind, element, at = _element(content, at, padded=False)
            if kind == _COMPRESSED:
                kind, element, _ = _element(zlib.decompressobj().decompress(element, _MOST), 0)
            if kind == _MATRIX:
                name, array = _matrix(element)
                arrays[name] = array
    except (ValueError, struct.error, zlib.error, KeyError, OSError) as error:
        raise DataError("data.matlab", path=path, reason=error) from error
    return arrays


def _element(content: bytes, at: int, *, padded: bool = True) -> tuple[int, bytes, int]:
    """Type and bytes of the data element at a position, and where the next one begins."""
    kind, size = struct.unpack_from("<II", content, at)
    if kind >> 16:  # the short form: up to four bytes inside the tag
        return kind & 0xFFFF, content[at + 4 : at + 4 + (kind >> 16)], at + 8
    start = at + 8
    if start + size > len(content):
        raise ValueError("it ends too early")
    return (
        kind,
        content[start : start + size],
        start + (size + 7) // 8 * 8 if padded else start + size,
    )


def _matrix(content: bytes) -> tuple[str, NDArray]:
    _, _, at = _element(content, 0)  # flags: class and whether complex, not needed here
    _, axes, at = _element(content, at)
    _, name, at = _element(content, at)
    kind, data, _ = _element(content, at)
    shape = np.frombuffer(axes, "<i4")
    return name.decode("ascii"), np.frombuffer(data, _TYPES[kind]).reshape(shape, order="F")
