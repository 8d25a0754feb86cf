"""The known public data sets, read from a local copy."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from resnet_core.data.dataset import Dataset, ImageSet
from resnet_core.data.public import sources
from resnet_core.data.public.download import unpack
from resnet_core.data.public.sources import Source
from resnet_core.errors import DataError
from resnet_core.system.disk import file_checksum

# What torchvision's readers and ours raise on damaged files.
_DAMAGE = (RuntimeError, ValueError, TypeError, AssertionError, EOFError, OSError, KeyError)
_DIGITS = tuple("0123456789")
# Of MATLAB's level 5 format.
_HEADER = 128  # bytes of text and version before the first element
_MATRIX, _COMPRESSED = 14, 15
_TYPES = {1: "i1", 2: "u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4", 7: "<f4", 9: "<f8"}
_TYPES |= {12: "<i8", 13: "<u8"}
_MOST_ARRAY_BYTES = 2**31


def load(source: Source) -> Dataset:
    """Return the data set, from the first copy in the places; published files are unpacked first.

    Raises:
        DataError: there is no copy, or it is damaged; says which file to put where.
    """
    root = sources.find_ready(source)
    if root is None:
        packed = sources.find_packed(source)
        if packed is None:
            raise DataError.of(sources.missing(source))
        root = unpack(source, packed)
    try:
        train, test, classes = _read(source, root)
    except _DAMAGE as error:
        raise DataError(
            "data.public_damaged", title=source.title, folder=root / source.folder
        ) from error
    return Dataset(source.title, classes, train, test)


def _read(source: Source, root: Path) -> tuple[ImageSet, ImageSet, tuple[str, ...]]:
    if source.name == "svhn":
        return (*(_svhn(root, i) for i in range(2)), _DIGITS)  # type: ignore[return-value]
    from torchvision import datasets

    kind = {
        "cifar10": datasets.CIFAR10,  # these two check every file before they unpickle it
        "cifar100": datasets.CIFAR100,
        "mnist": datasets.MNIST,
        "fashionmnist": datasets.FashionMNIST,
    }[source.name]
    train, test = (kind(root, train=part, download=False) for part in (True, False))
    classes = _DIGITS if source.name == "mnist" else tuple(map(str, train.classes))
    return _image_set(train.data, train.targets), _image_set(test.data, test.targets), classes


def _image_set(data: object, targets: object) -> ImageSet:
    images = np.asarray(data, np.uint8)
    if images.ndim == 3:  # grey images come as N, H, W
        images = images[..., None]
    return ImageSet(np.ascontiguousarray(images), np.asarray(targets, np.int64))


def _svhn(root: Path, part: int) -> ImageSet:
    """Read the train or the test file. torchvision's reader of these would need SciPy."""
    source = sources.SOURCES["svhn"]
    path = root / source.files[part]
    if file_checksum(path, "md5") != source.downloads[part].md5:
        raise ValueError(f"{path.name} is not the published file")
    arrays = read_matlab(path)
    images = np.ascontiguousarray(arrays["X"].transpose(3, 0, 1, 2))  # H, W, C, N before
    labels = arrays["y"].astype(np.int64).ravel()
    return ImageSet(images, labels % 10)  # the file writes the digit 0 as 10


def read_matlab(path: Path) -> dict[str, NDArray]:
    """Return the real numeric arrays of a MATLAB level 5 file by name, in MATLAB's order of axes.

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
                kind, element, _ = _element(
                    zlib.decompressobj().decompress(element, _MOST_ARRAY_BYTES), 0
                )
            if kind == _MATRIX:
                name, array = _matrix(element)
                arrays[name] = array
    except (ValueError, struct.error, zlib.error, KeyError, OSError) as error:
        raise DataError("data.matlab", path=path, reason=error) from error
    return arrays


def _element(content: bytes, at: int, *, padded: bool = True) -> tuple[int, bytes, int]:
    """Return type and bytes of the data element at a position, and where the next one begins."""
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
