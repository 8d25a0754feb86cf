"""An .npz file with arrays of images and labels, under the names that people give them.

`images` and `labels`, or `x` and `y`, or a training and a test part of these: `train_images`,
`x_test` and so on. Shapes and types are checked in the file's headers before any array is read,
and nothing is unpickled.
"""

from __future__ import annotations

import re
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from resnet_core.data.dataset import DataFacts, Dataset, ImageSet, Labels, held_out_index
from resnet_core.data.own.archives import ZIP_METHODS, check_expansion
from resnet_core.data.own.limits import LARGEST, MOST_BYTES, SMALLEST
from resnet_core.errors import DataError
from resnet_core.system.texts import Message

_DAMAGE = (
    *(OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError),
    *(tokenize.TokenError, SyntaxError, KeyError, IndexError, OverflowError, RecursionError),
    *(TypeError, MemoryError, UnicodeError),
)
_IMAGES = frozenset({"images", "image", "imgs", "img", "x", "data", "arr0"})
_LABELS = frozenset({"labels", "label", "y", "targets", "target", "arr1"})
_CLASSES = frozenset({"classes", "names"})
_SPLITS = ("train", "test", "val", "valid", "validation", "dev")


@dataclass(frozen=True)
class _Header:
    shape: tuple[int, ...]
    dtype: np.dtype


@dataclass(frozen=True)
class _Part:
    """The arrays of a split: their names in the file."""

    images: str
    labels: str


@dataclass(frozen=True)
class _Contents:
    """Roles of a file's arrays, by their names.

    Attributes:
        parts: by split; "" where the file is not divided.
    """

    headers: Mapping[str, _Header]
    parts: Mapping[str, _Part]
    classes: str | None

    @property
    def train(self) -> _Part:
        return self.parts.get("", self.parts.get("train", next(iter(self.parts.values()))))

    @property
    def test(self) -> _Part | None:
        """Return the first test part that is there, if there is also a training part."""
        if "train" not in self.parts:
            return None
        return next((self.parts[s] for s in _SPLITS[1:] if s in self.parts), None)


def is_arrays(path: Path) -> bool:
    """Return whether the name says npz."""
    return path.suffix.lower() == ".npz"


def facts(path: Path) -> DataFacts:
    """Return counts and sizes, from the headers and the labels.

    Raises:
        DataError: what is wrong with the file.
    """
    contents = _contents(path)
    train, test, classes = _labels(path, contents)
    kept, held = held_out_index(train) if test is None else (train, test)
    counts = len(kept), len(held)
    shape = contents.headers[contents.train.images].shape
    used = [part for part in (contents.train, contents.test) if part]
    names = [name for part in used for name in (part.images, part.labels)]
    left_out = sorted(set(contents.headers) - {*names, contents.classes})
    notes = [Message("data.reading.arrays", names=names)]
    if test is None:
        notes.append(Message("data.reading.held_out", count=counts[1]))
    if left_out:
        notes.append(Message("data.reading.arrays_left_out", names=left_out[:10]))
    return DataFacts(
        *(str(path), path.stem),
        train_images=counts[0],
        test_images=counts[1],
        image_size=shape[2],  # of square images in any order of axes
        channels=_channels(shape),
        classes=len(classes),
        class_names=classes,
        notes=tuple(notes),
    )


def load(path: Path) -> Dataset:
    """Return the images; without a test part, a seeded tenth of each class is the test set.

    Raises:
        DataError: what is wrong with the file.
    """
    contents = _contents(path)
    train, test, classes = _labels(path, contents)
    images = _image_set(path, contents.train, train)
    if test is not None:
        assert contents.test is not None
        return Dataset(path.stem, classes, images, _image_set(path, contents.test, test))
    index, held = held_out_index(train)
    return Dataset(path.stem, classes, images.take(index), images.take(held))


def is_divided(path: Path) -> bool:
    """Return whether the file has a separate test part."""
    return _contents(path).test is not None


def everything(path: Path) -> ImageSet:
    """Return all images with their labels and none set aside, for imported networks.

    Raises:
        DataError: what is wrong with the file.
    """
    part = _contents(path).train
    labels = _numbers(_array(path, part.labels), path)
    if not len(labels) or labels.min() < 0:
        raise DataError("data.npz.no_images", path=path)
    return _image_set(path, part, labels)


def _contents(path: Path) -> _Contents:
    """Return what the arrays are, after a check of their headers."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [i for i in archive.infolist() if i.filename.endswith(".npy")]
            names = {info.filename.removesuffix(".npy"): info for info in members[:100]}
            contents = _by_role(names)
            headers = {name: _header(archive, info, path) for name, info in names.items()}
    except _DAMAGE as error:
        raise DataError("data.npz.unreadable", path=path) from error
    if not contents:
        missing = "labels" if any(_role(name)[0] == "images" for name in names) else "images"
        raise DataError("data.npz.no_array", path=path, name=missing, names=sorted(names)[:10])
    for part in contents.values():
        _check_images(headers[part.images], path)
        _check_labels(headers[part.labels], headers[part.images].shape[0], path)
    classes = next((name for name in names if _role(name)[0] == "classes"), None)
    if classes is not None:
        kind = headers[classes]
        if kind.dtype.kind != "U" or len(kind.shape) != 1:
            raise DataError("data.npz.class_names", path=path)
    return _Contents(headers, contents, classes)


def _role(name: str) -> tuple[str, str]:
    """Return "images", "labels", "classes" or "", and the split, of an array's name."""
    words = [word for word in re.split(r"[^a-z0-9]+", name.lower()) if word]
    split = next((word for word in words if word in _SPLITS), "")
    rest = "".join(word for word in words if word != split)
    for match in re.finditer(r"^(x|y)(train|test|val|valid)$|^(train|test|val)(x|y)$", rest):
        rest, split = match[1] or match[4], match[2] or match[3]
    for role, own in (("images", _IMAGES), ("labels", _LABELS), ("classes", _CLASSES)):
        if rest in own:
            return role, split
    return "", split


def _by_role(names: Mapping[str, object]) -> dict[str, _Part]:
    """Return the parts that have images and labels, by their split."""
    found: dict[tuple[str, str], str] = {}
    for name in sorted(names):
        role, split = _role(name)
        if role:
            found.setdefault((role, split), name)
    return {
        split: _Part(found["images", split], found["labels", split])
        for role, split in found
        if role == "images" and ("labels", split) in found
    }


def _header(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> _Header:
    if info.compress_type not in ZIP_METHODS:  # see `archives`: the others fill the memory
        raise DataError("data.archive.method", path=path, member=repr(info.filename[:80]))
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


def _channels(shape: tuple[int, ...]) -> int:
    """Return the channels of N, H, W or N, H, W, C or N, C, H, W."""
    if len(shape) != 4:
        return 1
    return shape[1] if _is_channels_first(shape) else shape[3]


def _is_channels_first(shape: tuple[int, ...]) -> bool:
    return len(shape) == 4 and shape[1] in {1, 3} and shape[3] not in {1, 3}


def _check_images(images: _Header, path: Path) -> None:
    shape = images.shape
    if images.dtype != np.uint8 or len(shape) not in {3, 4} or _channels(shape) not in {1, 3}:
        raise DataError("data.npz.image_kind", path=path, dtype=images.dtype, shape=str(shape))
    height, width = shape[2:] if _is_channels_first(shape) else shape[1:3]
    if height != width or not SMALLEST <= height <= LARGEST:
        raise DataError(
            "data.npz.image_size",
            path=path,
            height=height,
            width=width,
            least=SMALLEST,
            most=LARGEST,
        )


def _check_labels(labels: _Header, count: int, path: Path) -> None:
    shape, kind = labels.shape, labels.dtype.kind
    one_each = shape in {(count,), (count, 1)} and kind in "iuU"
    one_hot = len(shape) == 2 and shape[0] == count and 1 < shape[1] <= 10_000 and kind in "iufb"
    if not one_each and not one_hot:
        raise DataError(
            "data.npz.label_kind",
            path=path,
            dtype=labels.dtype,
            shape=str(shape),
            count=count,
        )


def _numbers(labels: NDArray, path: Path, texts: tuple[str, ...] | None = None) -> Labels:
    """Return one whole number an image, of numbers, of texts or of a column a class."""
    if labels.dtype.kind == "U":
        return np.searchsorted(np.array(texts or np.unique(labels)), labels.ravel()).astype(
            np.int64
        )
    if labels.ndim == 2 and labels.shape[1] > 1:
        if not (np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all()):
            raise DataError("data.npz.several_labels", path=path)
        return labels.argmax(axis=1).astype(np.int64)
    return labels.ravel().astype(np.int64)


def _labels(path: Path, contents: _Contents) -> tuple[Labels, Labels | None, tuple[str, ...]]:
    """Return the labels of the training and the test part, and the classes."""
    stored = _array(path, contents.train.labels)
    tested = _array(path, contents.test.labels) if contents.test else None
    is_text = stored.dtype.kind == "U"
    texts = tuple(map(str, np.unique(stored))) if is_text else None
    if tested is not None and (tested.dtype.kind == "U") != is_text:
        raise DataError("data.npz.several_labels", path=path)
    if texts and tested is not None and set(map(str, np.unique(tested))) - set(texts):
        raise DataError("data.npz.several_labels", path=path)
    train = _numbers(stored, path, texts)
    test = None if tested is None else _numbers(tested, path, texts)
    present = np.unique(train)
    if test is None and len(train):
        kept = train[held_out_index(train)[0]]
        if len(np.unique(kept)) < len(present):
            raise DataError("data.too_few_for_test", path=path)
    if len(present) < 2:
        raise DataError("data.npz.one_class", path=path, count=len(present))
    if contents.classes:
        classes = tuple(str(name) for name in _array(path, contents.classes))
    else:
        classes = texts or tuple(map(str, range(min(int(present[-1]) + 1, 100_000))))
    for labels in (train, test):
        if labels is not None and len(labels):
            _check_range(int(labels.min()), int(labels.max()), len(classes), path)
    return train, test, classes


def _check_range(least: int, most: int, classes: int, path: Path) -> None:
    if least < 0 or most >= classes:
        raise DataError(
            "data.npz.label_range",
            path=path,
            least=least,
            most=most,
            classes=classes,
            last=classes - 1,
        )


def _image_set(path: Path, part: _Part, labels: Labels) -> ImageSet:
    images = _array(path, part.images)
    if _is_channels_first(images.shape):
        images = np.ascontiguousarray(images.transpose(0, 2, 3, 1))
    return ImageSet(images.reshape(*images.shape[:3], -1), labels)  # N, H, W of grey have no C


def _array(path: Path, name: str) -> NDArray:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return np.asarray(stored[name])
    except _DAMAGE as error:
        raise DataError("data.npz.array_damaged", path=path, name=name) from error
