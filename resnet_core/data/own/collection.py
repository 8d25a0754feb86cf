"""Image files in class folders, in a folder or an archive, read once and then cached."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from filelock import FileLock

from resnet_core.data import cache, decoding
from resnet_core.data.dataset import Dataset, ImageSet, Pixels
from resnet_core.data.facts import DataFacts
from resnet_core.data.own import archive, folder
from resnet_core.data.own.layout import arrange
from resnet_core.data.own.member import Member
from resnet_core.errors import DataError, InvalidSetting
from resnet_core.system import home

# An Experiment's own bounds for image_size, pixels.
SMALLEST, LARGEST = 4, 256
MOST_BYTES = 2 * 2**30  # of pixels in memory

_VERSION = 1  # of what is read from a file; a change makes every cached file anew
_CIFAR10 = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)


def is_collection(path: Path) -> bool:
    """Whether this module reads it: a folder, or a file named as an archive."""
    return path.is_dir() or archive.is_archive(path)


def facts(path: Path) -> DataFacts:
    """Counts and sizes, from every file's name and header; kept in the cache folder.

    The image size is the commonest among the training images (the shorter side), within
    the bounds of `Experiment.image_size`.

    Raises:
        DataError: what is wrong with the folder or archive, naming the file.
    """
    arrays = _kept(path, "facts", lambda: _scan(path))
    train, test, size, _ = (int(number) for number in arrays["counts"])
    classes = tuple(str(name) for name in arrays["classes"])
    return DataFacts(
        name=str(path),
        title=_title(path, classes, train, test),
        train_images=train,
        test_images=test,
        image_size=size,
        channels=3,
        classes=len(classes),
        most_train_images=train,
        most_test_images=test,
    )


def load(path: Path, image_size: int | None = None) -> Dataset:
    """All images at their commonest size, or at `image_size` where that is too much to hold.

    The first time every file is decoded; then the pixels come from the cache folder.

    Raises:
        DataError: what is wrong with the folder or archive, naming the file.
        InvalidSetting: the images would not fit into memory; says which size would.
    """
    found = facts(path)
    files = int(_kept(path, "facts", lambda: _scan(path))["counts"][3])
    size = _bearable_size(files, found.image_size, image_size)
    arrays = _kept(path, f"pixels{size}", lambda: _read(path, files, size))
    return Dataset(
        name=found.title,
        classes=tuple(str(name) for name in arrays["classes"]),
        train=ImageSet(arrays["train_images"], arrays["train_labels"]),
        test=ImageSet(arrays["test_images"], arrays["test_labels"]),
    )


def _members(path: Path) -> Iterator[Member]:
    return folder.members(path) if path.is_dir() else archive.members(path)


def _scan(path: Path) -> cache.Arrays:
    names, sides = [], []
    for member in _members(path):
        with member.open() as file:
            width, height = decoding.size_of(file, _full_name(path, member))
        names.append(member.name)
        sides.append(min(width, height))
    layout = arrange(names, str(path))
    sizes = Counter(sides[i] for i in layout.train)
    size, _ = max(sizes.items(), key=lambda item: (item[1], item[0]))
    size = min(max(size, SMALLEST), LARGEST)
    counts = np.array([len(layout.train), len(layout.test), size, len(names)])
    return {"counts": counts, "classes": np.array(layout.classes)}


def _read(path: Path, files: int, size: int) -> cache.Arrays:
    pixels: Pixels = np.empty((files, size, size, 3), np.uint8)
    names: list[str] = []
    for member in _members(path):
        if len(names) == files:
            raise DataError("data.changed", path=path)
        with member.open() as file:
            pixels[len(names)] = decoding.decode(file, _full_name(path, member), size)
        names.append(member.name)
    layout = arrange(names, str(path))
    return {
        "classes": np.array(layout.classes),
        "train_images": pixels[layout.train],
        "train_labels": layout.train_labels,
        "test_images": pixels[layout.test],
        "test_labels": layout.test_labels,
    }


def _full_name(path: Path, member: Member) -> str:
    return str(path / member.name) if path.is_dir() else f"{member.name} in {path}"


def _bearable_size(count: int, native: int, asked: int | None) -> int:
    """The size to decode to: the images' own if they fit into memory so."""
    most = int((MOST_BYTES / (3 * count)) ** 0.5)
    if native <= most:
        return native
    if asked is not None and asked <= most:
        return asked
    if most < SMALLEST:
        raise DataError("data.memory", count=count)
    raise InvalidSetting(
        "image_size", "data.memory_at_size", count=count, size=asked or native, most=most
    )


def plain_title(path: Path) -> str:
    """The folder's or archive's own name."""
    return path.resolve().name if path.is_dir() else archive.stem(path)


def _title(path: Path, classes: tuple[str, ...], train: int, test: int) -> str:
    name = plain_title(path)
    is_cifar = classes == _CIFAR10 and (train, test) == (50_000, 10_000)
    return "CIFAR-10 (JPEG copy)" if is_cifar and "cifar10-jpeg" in name.lower() else name


def _kept(path: Path, what: str, make: Callable[[], cache.Arrays]) -> cache.Arrays:
    """The arrays from the cache folder, or made and kept there; by one process at a time."""
    place = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]
    prefix = f"images-{place}-{what}"
    stored = home.cache_folder() / f"{prefix}-{_contents(path)}.npz"
    arrays = cache.read(stored)
    if arrays is None:
        with FileLock(stored.parent / f"{prefix}.lock"):
            arrays = cache.read(stored)
            if arrays is None:
                arrays = make()
                for older in stored.parent.glob(f"{prefix}-*.npz"):
                    older.unlink(missing_ok=True)
                cache.write(stored, arrays)
    return arrays


def _contents(path: Path) -> str:
    """A digest that changes when the files at the path do."""
    if path.is_dir():
        state = folder.state(path)
    else:
        status = path.stat()
        state = f"{status.st_size}-{status.st_mtime_ns}"
    return hashlib.sha256(f"{_VERSION}-{state}".encode()).hexdigest()[:16]
