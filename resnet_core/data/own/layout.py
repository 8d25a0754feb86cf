"""The layout of image files in class folders: the class and the split of each.

The names of splits stand here alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np

from resnet_core.data.dataset import Index, Labels, held_out_index
from resnet_core.data.decoding import SUFFIXES
from resnet_core.errors import DataError

_TRAIN = "train"
_TESTS = ("test", "val", "valid", "validation")  # the first that is there is the test set
_LEFTOVERS = frozenset({"__MACOSX", "Thumbs.db", "desktop.ini"})

Parts = tuple[str, ...]


@dataclass(frozen=True)
class Layout:
    """The class and the split of each image.

    Attributes:
        train, test: positions in the list of names, in the order of the names.
        train_labels, test_labels: for each of them, its place in `classes`.
    """

    classes: tuple[str, ...]
    train: Index
    train_labels: Labels
    test: Index
    test_labels: Labels


def is_image(name: str) -> bool:
    """Return whether a file counts: an image by its suffix, and no leftover of a system."""
    path = PurePosixPath(name)
    hidden = any(part.startswith(".") or part in _LEFTOVERS for part in path.parts)
    return path.suffix.lower() in SUFFIXES and not hidden


def arrange(names: Sequence[str], source: str) -> Layout:
    """Return the layout of files with these names, relative and with forward slashes.

    Either train/ and test/ (or val/) hold class folders, or class folders lie directly
    inside; then a seeded tenth of each class becomes the test set. Folders around all of
    that are passed through.

    Raises:
        DataError: there are no images, no class folders or only one; `source` is named.
    """
    if not names:
        kinds = sorted(suffix[1:] for suffix in SUFFIXES)
        raise DataError("data.no_images", path=source, kinds=kinds)
    order = sorted(range(len(names)), key=names.__getitem__)
    parts = _without_common_folders([PurePosixPath(names[i]).parts for i in order])
    folders = {part[0] for part in parts if len(part) > 2}
    test_folder = next((name for name in _TESTS if name in folders), None)
    if _TRAIN in folders and test_folder is not None:
        train = [(i, p[1]) for i, p in zip(order, parts, strict=True) if _in(p, _TRAIN)]
        test = [(i, p[1]) for i, p in zip(order, parts, strict=True) if _in(p, test_folder)]
        return _with_both(train, test, test_folder, source)
    if any(len(part) < 2 for part in parts):
        raise DataError("data.images_outside_classes", path=source)
    return _with_split([(i, p[0]) for i, p in zip(order, parts, strict=True)], source)


def _in(parts: Parts, folder: str) -> bool:
    return len(parts) > 2 and parts[0] == folder


def _without_common_folders(parts: list[Parts]) -> list[Parts]:
    """Drop leading folders that all files share, but never a class folder."""
    while min(len(part) for part in parts) > 2 and len({part[0] for part in parts}) == 1:
        parts = [part[1:] for part in parts]
    return parts


def _with_both(
    train: list[tuple[int, str]], test: list[tuple[int, str]], test_folder: str, source: str
) -> Layout:
    classes = _classes(train, source)
    strange = sorted({name for _, name in test} - set(classes))
    if strange:
        raise DataError("data.class_only_in_test", path=source, name=strange[0], folder=test_folder)
    return Layout(classes, *_columns(train, classes), *_columns(test, classes))


def _with_split(files: list[tuple[int, str]], source: str) -> Layout:
    classes = _classes(files, source)
    positions, labels = _columns(files, classes)
    train, test = held_out_index(labels)
    if len(np.unique(labels[train])) < len(classes):
        raise DataError("data.too_few_for_test", path=source)
    return Layout(classes, positions[train], labels[train], positions[test], labels[test])


def _classes(files: list[tuple[int, str]], source: str) -> tuple[str, ...]:
    classes = tuple(sorted({name for _, name in files}))
    if len(classes) < 2:
        raise DataError("data.one_class", path=source, name=classes[0])
    return classes


def _columns(files: list[tuple[int, str]], classes: tuple[str, ...]) -> tuple[Index, Labels]:
    place = {name: label for label, name in enumerate(classes)}
    positions = np.array([i for i, _ in files], np.int64)
    return positions, np.array([place[name] for _, name in files], np.int64)
