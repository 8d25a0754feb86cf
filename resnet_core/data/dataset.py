"""A data set: the selection an experiment names, its sizes, and its labelled images in memory.

Subsets and splits are the same for every run, so that runs can be compared.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from resnet_core.data import wordnet
from resnet_core.errors import DataError, InvalidSetting
from resnet_core.experiments.experiment import Experiment
from resnet_core.specs.names import is_imagenet
from resnet_core.system.texts import Message

Pixels = NDArray[np.uint8]
Labels = NDArray[np.int64]
Index = NDArray[np.int64]
Masks = NDArray[np.bool_]

# Subsets and splits are the same for every run, so that runs can be compared.
SUBSET_SEED = 0
MOST_CLASS_NAMES = 10  # in a sentence
HELD_OUT = 0.1  # section 4.2: 5k of the 50k training images
_CHUNK = 2048  # images resized at a time: bounds the float copies to some tens of MB


class Selection(NamedTuple):
    """The images of a data set that are used. It is hashable, so that results can be cached by it.

    Attributes:
        name: as in `Experiment.data`: a known name or a path.
        image_size: height and width to resize to, pixels; None: the data set's own.
        train_images, test_images: as many of each class, while they last; None: all.
        validation: a tenth of the training images takes the place of the test images (the
            paper's 45k/5k split, section 4.2).
        on_disk: the images are left in their files, as networks for ImageNet need it.
    """

    name: str
    image_size: int | None = None
    train_images: int | None = None
    test_images: int | None = None
    validation: bool = False
    on_disk: bool = False

    @classmethod
    def of(cls, experiment: Experiment) -> Selection:
        """Return the images that a run with these settings is trained and tested on."""
        e = experiment
        on_disk = is_imagenet(e.network)
        return cls(e.data, e.image_size, e.train_images, e.test_images, e.validation, on_disk)


@dataclass(frozen=True)
class DataFacts:
    """A data set's sizes.

    Attributes:
        name: as in `Experiment.data`: a known name or a path.
        title: as shown to people.
        image_size: height and width, pixels.
        channels: 3 (RGB) or 1 (grey).
        classes: how many there are.
        most_train_images, most_test_images: how many there could be; more than
            `train_images` and `test_images` only where images are drawn on demand. By default
            the same.
        class_names: in the order of the labels, where the data are people's own.
        notes: what was decided about people's own data, and what is left out of them.
    """

    name: str
    title: str
    train_images: int
    test_images: int
    image_size: int
    channels: int
    classes: int
    most_train_images: int = 0
    most_test_images: int = 0
    class_names: tuple[str, ...] = ()
    notes: tuple[Message, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "most_train_images", self.most_train_images or self.train_images)
        object.__setattr__(self, "most_test_images", self.most_test_images or self.test_images)

    def reading(self) -> Message | None:
        """Return how people's own data were read, as one text; None for the known data sets."""
        if not self.class_names:
            return None
        names = [wordnet.titled(name) for name in self.class_names[:MOST_CLASS_NAMES]]
        more = len(self.class_names) - len(names)
        return Message(
            "data.reading.whole",
            classes=self.classes,
            names=[*names, *([Message("data.reading.more", count=more)] if more else [])],
            train=self.train_images,
            test=self.test_images,
            notes=Message("data.reading.notes", notes=self.notes) if self.notes else "",
        )


@dataclass(frozen=True)
class ImageSet:
    """Images with their labels.

    Attributes:
        images: uint8, N, H, W, C (C = 1 or 3).
        labels: int64, N, each an index into the data set's classes.
        masks: bool, N, H, W: the pixels of the object, where they are known.
    """

    images: Pixels
    labels: Labels
    masks: Masks | None = None

    def __post_init__(self) -> None:
        if self.images.dtype != np.uint8 or self.images.ndim != 4:
            raise DataError("data.images_array")
        if self.labels.dtype != np.int64 or self.labels.shape != self.images.shape[:1]:
            raise DataError("data.labels_array")

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, index: Index) -> ImageSet:
        """Return the images at these positions, in this order."""
        masks = None if self.masks is None else self.masks[index]
        return ImageSet(self.images[index], self.labels[index], masks)

    def resized(self, size: int) -> ImageSet:
        """Return area averages on size x size pixels."""
        masks = None if self.masks is None else _resized_masks(self.masks, size)
        return ImageSet(area_average(self.images, size), self.labels, masks)


class Divided:
    """A training set and a test set, of which parts can be selected; a mixin of dataclasses."""

    name: str
    train: Any
    test: Any

    def subset(self, train_images: int | None = None, test_images: int | None = None) -> Self:
        """Return the same number of images of each class (while they last); None: all images.

        Smaller subsets are part of larger ones, and every run gets the same ones.

        Raises:
            InvalidSetting: there are fewer images than that.
        """
        return self.selected(
            subset_index(self.train.labels, train_images, "train_images", self.name),
            subset_index(self.test.labels, test_images, "test_images", self.name),
        )

    def selected(self, train: Index | None = None, test: Index | None = None) -> Self:
        """Return the images at these positions, in this order; None: all of them."""
        return replace(  # type: ignore[type-var]  # of a dataclass
            self,
            train=self.train if train is None else self.train.take(train),
            test=self.test if test is None else self.test.take(test),
        )

    def held_out(self) -> Self:
        """Return a tenth of the training images as test images (section 4.2, 45k/5k).

        Every class gives its share; the split is the same for every run.
        """
        train, test = held_out_index(self.train.labels)
        return replace(  # type: ignore[type-var]  # of a dataclass
            self, train=self.train.take(train), test=self.train.take(test)
        )


@dataclass(frozen=True)
class Dataset(Divided):
    """A training set and a test set of the same classes and image size, in memory.

    Attributes:
        name: as shown to people, for example "shapes (embedded)".
        classes: names of the classes, in the order of the labels.
    """

    name: str
    classes: tuple[str, ...]
    train: ImageSet
    test: ImageSet

    @property
    def image_size(self) -> int:
        """Height and width of the images, pixels."""
        return self.train.images.shape[1]

    @property
    def channels(self) -> int:
        return self.train.images.shape[3]

    @cached_property
    def fingerprint(self) -> str:
        """Twelve hexadecimal digits that change with any pixel, label or class name."""
        digest = hashlib.sha256("\0".join(self.classes).encode())
        for part in (self.train, self.test):
            digest.update(repr(part.images.shape).encode())
            digest.update(np.ascontiguousarray(part.images).data)
            digest.update(np.ascontiguousarray(part.labels, "<i8").data)
        return digest.hexdigest()[:12]

    def with_classes(self, count: int) -> Self:
        """Return it with so many classes; those beyond the data's own are named by numbers."""
        if count == len(self.classes):
            return self
        numbers = (str(number) for number in range(len(self.classes), count))
        return replace(self, classes=(*self.classes[:count], *numbers))

    def resized(self, size: int) -> Self:
        """Return the same images on size x size pixels, by area averages."""
        if size == self.image_size == self.train.images.shape[2]:
            return self
        return replace(self, train=self.train.resized(size), test=self.test.resized(size))


def held_out_index(labels: Labels) -> tuple[Index, Index]:
    """Return the positions of nine tenths and of a tenth, with the classes' shares preserved."""
    order = class_order(labels, equal=False)
    held = held_out_count(len(labels))
    return np.sort(order[:-held]), np.sort(order[-held:])


def held_out_count(images: int) -> int:
    """Return how many of so many training images are held out."""
    return min(images - 1, max(1, round(images * HELD_OUT)))


def class_order(labels: Labels, *, equal: bool) -> Index:
    """Return positions in a random order in which the classes take turns.

    Every beginning of it holds equally many of each class (`equal`, while they last), or
    each class's share of the whole.
    """
    random = np.random.default_rng(SUBSET_SEED)
    shuffled = random.permutation(len(labels))
    by_class = shuffled[np.argsort(labels[shuffled], kind="stable")]
    _, counts = np.unique(labels, return_counts=True)
    turn = np.concatenate([(np.arange(n) + 0.5) / (1 if equal else n) for n in counts])
    return by_class[np.argsort(turn, kind="stable")].astype(np.int64)


def subset_index(labels: Labels, count: int | None, field: str, title: str) -> Index | None:
    """Return positions of so many images, as many of each class while they last; None: all.

    Raises:
        InvalidSetting: there are fewer; names the field.
    """
    check_count(field, count, len(labels), title)
    if count is None or count == len(labels):
        return None
    return class_order(labels, equal=True)[:count]


def check_count(field: str, count: int | None, most: int, title: str) -> None:
    """Refuse a number of images that there are not.

    Raises:
        InvalidSetting: names the field and the most.
    """
    if count is not None and not 1 <= count <= most:
        raise InvalidSetting(field, "data.too_few_images", count=count, title=title, most=most)


def area_average(images: Pixels, size: int) -> Pixels:
    """Return images whose every pixel is the mean of its area. N, H, W, C -> N, size, size, C."""
    count, height, width, channels = images.shape
    rows, columns = _coverage(height, size), _coverage(width, size)
    result = np.empty((count, size, size, channels), np.uint8)
    for start in range(0, count, _CHUNK):
        part = images[start : start + _CHUNK].astype(np.float32)
        tall = np.matmul(rows, part.reshape(len(part), height, -1))  # n, size, W * C
        tall = tall.reshape(-1, width, channels)
        square = np.matmul(columns, tall).reshape(len(part), size, size, channels)
        result[start : start + _CHUNK] = np.rint(square)
    return result


def _resized_masks(masks: Masks, size: int) -> Masks:
    grey = masks[..., None].astype(np.uint8) * np.uint8(255)
    return np.asarray(area_average(grey, size)[..., 0] >= 128)


def _coverage(old: int, new: int) -> NDArray[np.float32]:
    """Return the share of each old pixel in each new one, new x old; rows add up to 1."""
    edges = np.arange(new + 1) * (old / new)
    pixel = np.arange(old)
    overlap = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    return (np.maximum(overlap, 0) * (new / old)).astype(np.float32)
