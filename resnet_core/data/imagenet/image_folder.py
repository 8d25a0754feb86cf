"""A folder in ImageNet's layout whose images stay on disk and are decoded as they are needed.

`train/CLASS/*` and `val/CLASS/*` (or `test/`), or class folders from which a tenth is set
aside; see `layout`. Memory holds the files' names alone. The listing is cached and made again
when a folder in it has changed; a file that is written over under its own name does not change
it, so a damaged image can be put right in the middle of a run.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from resnet_core.data import cache
from resnet_core.data.dataset import DataFacts, Divided, Index, Labels
from resnet_core.data.imagenet.recipe import CROP
from resnet_core.data.own.files import folders, members, title
from resnet_core.data.own.layout import arrange
from resnet_core.data.own.listing import Listing
from resnet_core.errors import DataError
from resnet_core.system import home
from resnet_core.system.texts import Message

_VERSION = 3  # of the listing; a change makes every listing again
_FACTS = ("classes", "counts", "folders", "times", "notes")
_NAMES = ("train", "train_labels", "test", "test_labels")
_TRIES = 3


@dataclass(frozen=True)
class ImageFiles:
    """Image files with their labels.

    Attributes:
        root: the folder that the names are relative to.
        names: N, UTF-8 with forward slashes; bytes, as a million of them take a quarter so.
        labels: int64, N, each an index into the data set's classes.
    """

    root: Path
    names: NDArray[np.bytes_]
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    def path(self, position: int) -> Path:
        return self.root / os.fsdecode(self.names[position])

    def take(self, index: Index) -> ImageFiles:
        """Return the images at these positions, in this order."""
        return ImageFiles(self.root, self.names[index], self.labels[index])


@dataclass(frozen=True)
class ImageFolder(Divided):
    """A training set and a test set of the same classes; `dataset.Dataset`, left on disk.

    Attributes:
        name: as shown to people.
        image_size: height and width of the crops that a network is given, pixels.
    """

    name: str
    classes: tuple[str, ...]
    train: ImageFiles
    test: ImageFiles
    image_size: int = CROP
    channels: int = 3

    @cached_property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that change with any file's name or label."""
        digest = hashlib.sha256("\0".join(self.classes).encode("utf-8", "surrogateescape"))
        for part in (self.train, self.test):
            digest.update(b"\0\0" + b"\0".join(part.names.tolist()))
            digest.update(np.ascontiguousarray(part.labels, "<i8").data)
        return digest.hexdigest()[:12]


def facts(path: Path, image_size: int | None = None) -> DataFacts:
    """Return counts from the listing; no image is opened.

    Raises:
        DataError: what is wrong with the folder.
    """
    listing = _listing(path)
    train, test = (int(number) for number in listing["counts"])
    classes = tuple(str(name) for name in listing["classes"])
    return DataFacts(
        *(str(path), title(path), train, test, image_size or CROP),
        channels=3,
        classes=len(classes),
        class_names=classes,
        notes=tuple(Message.from_json(str(note)) for note in listing["notes"]),
    )


def load(path: Path, image_size: int | None = None) -> ImageFolder:
    """Return the folder's listing; images are opened as they are needed.

    Raises:
        DataError: what is wrong with the folder.
    """
    listing = _listing(path, *_NAMES)
    train, test = (
        ImageFiles(path.resolve(), listing[part], listing[f"{part}_labels"])
        for part in ("train", "test")
    )
    classes = tuple(str(name) for name in listing["classes"])
    return ImageFolder(title(path), classes, train, test, image_size or CROP)


def _listing(path: Path, *names: str) -> cache.Arrays:
    """Return the facts of the listing, and the arrays of these names, from the cache folder, or
    make it; one process at a time.

    A form asks for the facts of a million images alone: arrays that are not named are not read.
    """
    place = hashlib.sha256(f"{_VERSION}{path.resolve()}".encode()).hexdigest()[:16]
    file = home.cache_folder() / f"pictures-{place}.npz"
    listing = _cached_listing(path, file, names)
    if listing is None:
        with FileLock(file.with_suffix(".lock")):
            listing = _cached_listing(path, file, names)
            if listing is None:
                listing = _scan(path)
                cache.write(file, listing)
    return listing


def _cached_listing(path: Path, file: Path, names: Sequence[str]) -> cache.Arrays | None:
    """Return the listing, if no folder has changed since it was made."""
    listing = cache.read(file, (*_FACTS, *names))
    if listing is None:
        return None
    folders = zip(listing["folders"], listing["times"], strict=True)
    unchanged = all(_changed(path / os.fsdecode(name)) == time for name, time in folders)
    return listing if unchanged else None


def _scan(path: Path) -> cache.Arrays:
    """List the folder, again where it changes meanwhile."""
    for _ in range(_TRIES):
        before = [(name, _changed(path / name)) for name in folders(path)]
        listing = Listing()
        for _file in listing.images(members(path)):
            pass
        listing.names.sort()
        if all(_changed(path / name) == time for name, time in before):
            return _arrays(path, listing, before)
    raise DataError("data.folder_changes", path=path)


def _arrays(path: Path, listing: Listing, times: list[tuple[str, int]]) -> cache.Arrays:
    layout = arrange(listing, str(path))
    encoded = np.array([os.fsencode(name) for name in listing.names])
    return {
        "classes": np.array(layout.classes),
        "counts": np.array([len(layout.train), len(layout.test)]),
        "notes": np.array([note.dumps() for note in layout.notes], np.str_),
        "folders": np.array([os.fsencode(name) for name, _ in times]),
        "times": np.array([time for _, time in times], np.int64),
        "train": encoded[layout.train],
        "train_labels": layout.train_labels,
        "test": encoded[layout.test],
        "test_labels": layout.test_labels,
    }


def _changed(folder: Path) -> int:
    """Return when a file was last added to or removed from a folder, ns; -1 where there is none."""
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return -1
