"""Images in class folders, in a folder or an archive, decoded once and then read from the cache."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from filelock import FileLock

from resnet_core.data import cache, decoding
from resnet_core.data.dataset import DataFacts, Dataset, ImageSet, Pixels
from resnet_core.data.own.archives import Member
from resnet_core.data.own.files import members, state, title
from resnet_core.data.own.layout import arrange
from resnet_core.data.own.limits import LARGEST, MOST_BYTES, SMALLEST
from resnet_core.data.own.listing import Listing
from resnet_core.data.own.names import shown
from resnet_core.errors import DataError, InvalidSetting
from resnet_core.system import home
from resnet_core.system.texts import Message

_MOST_NAMED = 10  # damaged files in a sentence

_VERSION = 2  # of what is read from a file; a change makes every cached file again
_CIFAR10 = (
    *("airplane", "automobile", "bird", "cat", "deer"),
    *("dog", "frog", "horse", "ship", "truck"),
)


def facts(path: Path) -> DataFacts:
    """Return counts and sizes, from every file's name and header; they are cached.

    The image size is the commonest among the training images (the shorter side), within
    the bounds of `Experiment.image_size`.

    Raises:
        DataError: what is wrong with the folder or archive, naming the file.
    """
    return _facts(path)[0]


def load(path: Path, image_size: int | None = None) -> Dataset:
    """Return all images at their commonest size, or at `image_size` where memory holds no more.

    The first time every file is decoded; then the pixels come from the cache folder.

    Raises:
        DataError: what is wrong with the folder or archive, naming the file.
        InvalidSetting: the images would not fit into memory; says which size would.
    """
    facts, files = _facts(path)
    size = _largest_size(files, facts.image_size, image_size)
    arrays = cached(path, f"pixels{size}", lambda: _read(path, files, size))
    return Dataset(
        name=facts.title,
        classes=tuple(str(name) for name in arrays["classes"]),
        train=ImageSet(arrays["train_images"], arrays["train_labels"]),
        test=ImageSet(arrays["test_images"], arrays["test_labels"]),
    )


def _facts(path: Path) -> tuple[DataFacts, int]:
    """Return the facts, and how many image files there are in all."""
    arrays = cached(path, "facts", lambda: _scan(path))
    train, test, size, files = (int(number) for number in arrays["counts"])
    classes = tuple(str(name) for name in arrays["classes"])
    is_cifar = classes == _CIFAR10 and (train, test) == (50_000, 10_000)
    is_jpeg_copy = is_cifar and "cifar10-jpeg" in title(path).lower()
    name = "CIFAR-10 (JPEG copy)" if is_jpeg_copy else title(path)
    notes = tuple(Message.from_json(str(note)) for note in arrays["notes"])
    return DataFacts(
        *(str(path), name, train, test, size),
        channels=3,
        classes=len(classes),
        class_names=classes,
        notes=notes,
    ), files


def _scan(path: Path) -> cache.Arrays:
    listing, damage, sides = Listing(), _Damage(path), []
    for file in listing.images(members(path)):
        with damage.collected(), file.open() as stream:
            sides.append(min(decoding.checked_size(stream, _full_name(path, file))))
    damage.check()
    layout = arrange(listing, str(path))
    sizes = Counter(sides[i] for i in layout.train)
    size, _ = max(sizes.items(), key=lambda item: (item[1], item[0]))
    size = min(max(size, SMALLEST), LARGEST)
    counts = np.array([len(layout.train), len(layout.test), size, len(listing.names)])
    notes = np.array([note.dumps() for note in layout.notes], np.str_)
    return {"counts": counts, "classes": np.array(layout.classes), "notes": notes}


def _read(path: Path, files: int, size: int) -> cache.Arrays:
    pixels: Pixels = np.empty((files, size, size, 3), np.uint8)
    listing, damage = Listing(), _Damage(path)
    for position, file in enumerate(listing.images(members(path))):
        if position == files:
            raise DataError("data.changed", path=path)
        with damage.collected(), file.open() as stream:
            pixels[position] = decoding.decode(stream, _full_name(path, file), size)
    damage.check()
    layout = arrange(listing, str(path))
    return {
        "classes": np.array(layout.classes),
        "train_images": pixels[layout.train],
        "train_labels": layout.train_labels,
        "test_images": pixels[layout.test],
        "test_labels": layout.test_labels,
    }


class _Damage:
    """Collects what is wrong with single images, so that it is said of all of them at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._errors: list[DataError] = []

    @contextmanager
    def collected(self) -> Iterator[None]:
        try:
            yield
        except DataError as error:
            if "name" not in error.values:
                raise  # of the archive as a whole
            self._errors.append(error)

    def check(self) -> None:
        """Raise what was collected.

        Raises:
            DataError: names up to ten files.
        """
        if len(self._errors) == 1:
            raise self._errors[0]
        if self._errors:
            raise DataError(
                "data.images_unreadable",
                path=self._path,
                count=len(self._errors),
                problems=[error.message for error in self._errors[:_MOST_NAMED]],
            )


def _full_name(path: Path, file: Member) -> str:
    name = shown(file.name)
    return f"{path}/{name}" if path.is_dir() else f"{name} in {path}"


def _largest_size(count: int, native: int, requested: int | None) -> int:
    """Return the size to decode to: the images' own if they fit into memory so."""
    most = int((MOST_BYTES / (3 * count)) ** 0.5)
    if native <= most:
        return native
    if requested is not None and requested <= most:
        return requested
    if most < SMALLEST:
        raise DataError("data.memory", count=count)
    size = requested or native
    raise InvalidSetting("image_size", "data.memory_at_size", count=count, size=size, most=most)


def cached(path: Path, name: str, make: Callable[[], cache.Arrays]) -> cache.Arrays:
    """Return the arrays from the cache folder, or make and store them; one process at a time."""
    place = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]
    contents = hashlib.sha256(f"{_VERSION}-{state(path)}".encode()).hexdigest()[:16]
    prefix = f"images-{place}-{name}"
    file = home.cache_folder() / f"{prefix}-{contents}.npz"
    arrays = cache.read(file)
    if arrays is not None:
        return arrays

    def make_alone() -> cache.Arrays:
        arrays = make()
        for older in file.parent.glob(f"{prefix}-*.npz"):
            older.unlink(missing_ok=True)
        return arrays

    with FileLock(file.parent / f"{prefix}.lock"):
        return cache.read_or_make(file, make_alone)
