"""An .npz file with the arrays `images`, `labels` and, optionally, `classes`.

Shapes and types are checked in the file's headers before any array is read, and nothing
is unpickled.
"""

from __future__ import annotations

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from resnet_core.data.dataset import DataFacts, Dataset, ImageSet, Labels, held_out_index
from resnet_core.data.own.collection import LARGEST, MOST_BYTES, SMALLEST
from resnet_core.data.own.files import check_expansion
from resnet_core.errors import DataError

_DAMAGE = (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError)


@dataclass(frozen=True)
class _Header:
    shape: tuple[int, ...]
    dtype: np.dtype


def is_arrays(path: Path) -> bool:
    """Return whether the name says npz."""
    return path.suffix.lower() == ".npz"


def facts(path: Path) -> DataFacts:
    """Return counts and sizes, from the headers and the labels.

    Raises:
        DataError: what is wrong with the file.
    """
    headers = _checked_headers(path)
    labels, classes = _labels(path, headers)
    train, test = held_out_index(labels)
    shape = headers["images"].shape
    channels = shape[3] if len(shape) == 4 else 1
    counts = (len(train), len(test))
    return DataFacts(str(path), path.stem, *counts, shape[1], channels, len(classes))


def load(path: Path) -> Dataset:
    """Return the images; a seeded tenth of each class is the test set.

    Raises:
        DataError: what is wrong with the file.
    """
    labels, classes = _labels(path, _checked_headers(path))
    images = _image_set(path, labels)
    train, test = held_out_index(labels)
    return Dataset(path.stem, classes, images.take(train), images.take(test))


def everything(path: Path) -> ImageSet:
    """Return all images with their labels and none set aside, for imported networks.

    Raises:
        DataError: what is wrong with the file.
    """
    _checked_headers(path)
    labels = _array(path, "labels").astype(np.int64)
    if not len(labels) or labels.min() < 0:
        raise DataError("data.npz.no_images", path=path)
    return _image_set(path, labels)


def _checked_headers(path: Path) -> dict[str, _Header]:
    try:
        with zipfile.ZipFile(path) as archive:
            headers = {
                info.filename.removesuffix(".npy"): _header(archive, info, path)
                for info in archive.infolist()
                if info.filename in {"images.npy", "labels.npy", "classes.npy"}
            }
    except _DAMAGE as error:
        raise DataError("data.npz.unreadable", path=path) from error
    for name in ("images", "labels"):
        if name not in headers:
            raise DataError("data.npz.no_array", path=path, name=name)
    _check_images(headers["images"], path)
    _check_names(headers, path)
    return headers


def _header(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> _Header:
    check_expansion(info.filename, info.compress_size, info.file_size, path)
    with archive.open(info) as file:
        version = npy.read_magic(file)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, _, dtype = read(file)
    bytes_ = int(np.prod(shape, dtype=object)) * dtype.itemsize
    if not dtype.hasobject and bytes_ > min(MOST_BYTES, info.file_size):
        raise DataError(
            "data.npz.claims",
            path=path,
            member=info.filename,
            claimed=bytes_,
            size=info.file_size,
            most=MOST_BYTES // 2**20,
        )
    return _Header(shape, dtype)


def _check_images(images: _Header, path: Path) -> None:
    shape = images.shape
    channels = shape[3] if len(shape) == 4 else 1
    if images.dtype != np.uint8 or len(shape) not in {3, 4} or channels not in {1, 3}:
        raise DataError("data.npz.image_kind", path=path, dtype=images.dtype, shape=str(shape))
    if shape[1] != shape[2] or not SMALLEST <= shape[1] <= LARGEST:
        raise DataError(
            "data.npz.image_size",
            path=path,
            height=shape[1],
            width=shape[2],
            least=SMALLEST,
            most=LARGEST,
        )


def _check_names(headers: dict[str, _Header], path: Path) -> None:
    count, labels = headers["images"].shape[0], headers["labels"]
    if labels.shape != (count,) or labels.dtype.kind not in "iu":
        raise DataError(
            "data.npz.label_kind",
            path=path,
            dtype=labels.dtype,
            shape=str(labels.shape),
            count=count,
        )
    names = headers.get("classes")
    if names is not None and (names.dtype.kind != "U" or len(names.shape) != 1):
        raise DataError("data.npz.class_names", path=path)


def _labels(path: Path, headers: dict[str, _Header]) -> tuple[Labels, tuple[str, ...]]:
    labels = _array(path, "labels").astype(np.int64)
    present = np.unique(labels)
    if len(labels) and len(np.unique(labels[held_out_index(labels)[0]])) < len(present):
        raise DataError("data.too_few_for_test", path=path)
    if len(present) < 2:
        raise DataError("data.npz.one_class", path=path, count=len(present))
    if "classes" in headers:
        classes = tuple(str(name) for name in _array(path, "classes"))
    else:
        classes = tuple(str(number) for number in range(min(int(present[-1]) + 1, 100_000)))
    if present[0] < 0 or present[-1] >= len(classes):
        raise DataError(
            "data.npz.label_range",
            path=path,
            least=int(present[0]),
            most=int(present[-1]),
            classes=len(classes),
            last=len(classes) - 1,
        )
    return labels, classes


def _image_set(path: Path, labels: Labels) -> ImageSet:
    images = _array(path, "images")
    return ImageSet(images.reshape(*images.shape[:3], -1), labels)  # N, H, W of grey have no C


def _array(path: Path, name: str) -> NDArray:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return np.asarray(stored[name])
    except _DAMAGE as error:
        raise DataError("data.npz.array_damaged", path=path, name=name) from error
