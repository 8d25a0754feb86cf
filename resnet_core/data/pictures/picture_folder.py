"""A folder in ImageNet's layout whose pictures stay on disk and are decoded when they are needed.

`train/CLASS/*` and `val/CLASS/*` (or `test/`), or class folders from which a tenth is set
aside; see `layout`. What is held in memory are the files' names. The listing is kept in the
cache folder and made anew when a folder in it has changed; a file that is written over under
its own name does not change it, so a damaged picture can be put right in the middle of a run.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from resnet_core.data import cache
from resnet_core.data.dataset import Index, Labels, held_out_index, subset_index
from resnet_core.data.facts import DataFacts
from resnet_core.data.own import folder
from resnet_core.data.own.collection import plain_title
from resnet_core.data.own.layout import arrange
from resnet_core.data.pictures.imagenet_recipe import CROP
from resnet_core.errors import DataError
from resnet_core.system import home

_VERSION = 1  # of what is kept; a change makes every listing anew
_TRIES = 3


@dataclass(frozen=True)
class Pictures:
    """Picture files and what they show.

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

    def path(self, place: int) -> Path:
        return self.root / os.fsdecode(self.names[place])

    def take(self, index: Index) -> Pictures:
        """The pictures at these positions, in this order."""
        return Pictures(self.root, self.names[index], self.labels[index])


@dataclass(frozen=True)
class PictureFolder:
    """A training set and a test set of the same classes; `dataset.Dataset`, left on disk.

    Attributes:
        name: as shown to people.
        image_size: height and width of the crops that a network is given, pixels.
    """

    name: str
    classes: tuple[str, ...]
    train: Pictures
    test: Pictures
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

    def subset(self, train_images: int | None = None, test_images: int | None = None) -> Self:
        """The same number of pictures of each class (while they last); None: all of them.

        Raises:
            InvalidSetting: there are fewer pictures than asked for.
        """
        train = subset_index(self.train.labels, train_images, "train_images")
        test = subset_index(self.test.labels, test_images, "test_images")
        return replace(
            self,
            train=self.train if train is None else self.train.take(train),
            test=self.test if test is None else self.test.take(test),
        )

    def held_out(self) -> Self:
        """A tenth of the training pictures in place of the test pictures."""
        kept, held = held_out_index(self.train.labels)
        return replace(self, train=self.train.take(kept), test=self.train.take(held))


def facts(path: Path, image_size: int | None = None) -> DataFacts:
    """Counts, from the listing; no picture is opened.

    Raises:
        DataError: what is wrong with the folder.
    """
    found = _listing(path)["facts"]
    train, test = (int(number) for number in found["counts"])
    return DataFacts(
        name=str(path),
        title=plain_title(path),
        train_images=train,
        test_images=test,
        image_size=image_size or CROP,
        channels=3,
        classes=len(found["classes"]),
        most_train_images=train,
        most_test_images=test,
    )


def load(path: Path, image_size: int | None = None) -> PictureFolder:
    """The folder's listing; pictures are opened when they are needed.

    Raises:
        DataError: what is wrong with the folder.
    """
    found = _listing(path, with_names=True)
    root = path.resolve()
    train, test = (
        Pictures(root, found["names"][part], found["names"][f"{part}_labels"])
        for part in ("train", "test")
    )
    classes = tuple(str(name) for name in found["facts"]["classes"])
    return PictureFolder(plain_title(path), classes, train, test, image_size or CROP)


def _listing(path: Path, with_names: bool = False) -> dict[str, cache.Arrays]:
    """`facts` and, where they are asked for, `names`: from the cache folder, or made and kept
    there, by one process at a time."""
    place = hashlib.sha256(f"{_VERSION}{path.resolve()}".encode()).hexdigest()[:16]
    stored = {
        part: home.cache_folder() / f"pictures-{place}-{part}.npz" for part in ("facts", "names")
    }
    wanted = ("facts", "names") if with_names else ("facts",)
    found = _kept(path, {part: stored[part] for part in wanted})
    if found is None:
        with FileLock(home.cache_folder() / f"pictures-{place}.lock"):
            found = _kept(path, {part: stored[part] for part in wanted})
            if found is None:
                found = _scanned(path)
                for part, arrays in found.items():
                    cache.write(stored[part], arrays)
    return found


def _kept(path: Path, stored: dict[str, Path]) -> dict[str, cache.Arrays] | None:
    """What was kept, if it belongs together and no folder has changed since."""
    found: dict[str, cache.Arrays] = {}
    for part, file in stored.items():
        arrays = cache.read(file)
        if arrays is None:
            return None
        found[part] = arrays
    if len({str(arrays["listing"]) for arrays in found.values()}) > 1:
        return None
    names, times = found["facts"]["folders"], found["facts"]["times"]
    for name, time in zip(names, times, strict=True):
        if _changed(path / os.fsdecode(name)) != time:
            return None
    return found


def _scanned(path: Path) -> dict[str, cache.Arrays]:
    """List the folder, again where it changes meanwhile."""
    for _ in range(_TRIES):
        begun = [(name, _changed(path / name)) for name in folder.folders(path)]
        names = sorted(member.name for member in folder.members(path))
        if all(_changed(path / name) == time for name, time in begun):
            return _arrays(path, names, begun)
    raise DataError("data.folder_changes", path=path)


def _arrays(
    path: Path, names: list[str], folders: list[tuple[str, int]]
) -> dict[str, cache.Arrays]:
    layout = arrange(names, str(path))
    encoded = np.array([os.fsencode(name) for name in names])
    listing = hashlib.sha256(b"\0".join(encoded.tolist()) + repr(folders).encode()).hexdigest()
    return {
        "facts": {
            "listing": np.array(listing),
            "classes": np.array(layout.classes),
            "counts": np.array([len(layout.train), len(layout.test)]),
            "folders": np.array([os.fsencode(name) for name, _ in folders]),
            "times": np.array([time for _, time in folders], np.int64),
        },
        "names": {
            "listing": np.array(listing),
            "train": encoded[layout.train],
            "train_labels": layout.train_labels,
            "test": encoded[layout.test],
            "test_labels": layout.test_labels,
        },
    }


def _changed(place: Path) -> int:
    """When something was last added to or taken out of a folder, in ns; -1 where there is none."""
    try:
        return place.stat().st_mtime_ns
    except OSError:
        return -1
