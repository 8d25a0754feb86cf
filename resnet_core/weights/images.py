"""The images on which an imported network is tested."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from torch import Tensor

from resnet_core.data import augment, catalog
from resnet_core.data.dataset import DataFacts, ImageSet, Selection, class_order
from resnet_core.data.own import arrays
from resnet_core.errors import DataError, InvalidSetting
from resnet_core.system.texts import Message

THESE_IMAGES = "these images"  # what a mean is of where there are no others


@dataclass(frozen=True)
class Part:
    """A part of a data set's images, as a run's `Experiment` says it; by default all.

    Attributes:
        train_images: only this many; they matter for their mean alone.
        validation: the held-out tenth of the training images in place of the test images.
        split: "test": people's own data are divided as for training, and the test images are
            taken; "all": all images are. None is "all" for an npz without a test part, unless
            another attribute needs a division, and "test" for other data.
    """

    train_images: int | None = None
    test_images: int | None = None
    validation: bool = False
    split: Literal["test", "all"] | None = None

    @property
    def divides(self) -> bool:
        needed = self.train_images or self.test_images or self.validation
        return self.split == "test" or (self.split is None and bool(needed))

    def check(self, data: str, is_own: bool) -> None:
        """Refuse what contradicts itself.

        Raises:
            InvalidSetting: says what to leave out.
        """
        if self.split != "all":
            return
        if not is_own:
            raise InvalidSetting("split", "weights.split_own_test", data=data[:60])
        if self.train_images or self.test_images or self.validation:
            raise InvalidSetting("split", "weights.split_whole_npz")


WHOLE = Part()


@dataclass(frozen=True)
class Images:
    """Labelled images.

    Attributes:
        title: as shown to people.
        classes: their names, in the order of the labels; empty where they are not known.
        notes: what was decided about these images.
        mean: float32, C, H, W: the per-pixel mean of the training images, or of these where
            there are no others; `mean_of` says which.
    """

    title: str
    images: ImageSet
    mean: Tensor
    mean_of: str
    classes: tuple[str, ...] = ()
    notes: tuple[Message, ...] = ()

    def __len__(self) -> int:
        return len(self.images)

    @property
    def size(self) -> int:
        """Height and width, pixels."""
        return self.images.images.shape[1]

    @property
    def channels(self) -> int:
        return self.images.images.shape[3]

    def tensors(self) -> tuple[Tensor, Tensor]:
        """uint8 N, C, H, W and int64 N, on the CPU."""
        return augment.as_tensors(self.images)

    def sample(self, count: int) -> Images:
        """Return as many of each class; all if there are fewer."""
        positions = class_order(self.images.labels, equal=True)[:count]
        return replace(self, images=self.images.take(positions))


def load(data: str, image_size: int | None = None, part: Part = WHOLE) -> Images:
    """Return a data set's test images, or all images of an npz with their own per-pixel mean.

    Args:
        part: with it, the images that a run with such settings is tested on.

    Raises:
        InvalidSetting: there is no such data set.
        DataError: what is wrong with it.
    """
    if image_size is not None and not 4 <= image_size <= 256:
        raise InvalidSetting("image_size", "weights.pixels", given=image_size, least=4, most=256)
    path = Path(catalog.canonical(data))
    is_own = path.is_absolute()
    part.check(data, is_own)
    whole_npz = is_own and arrays.is_arrays(path) and not arrays.is_divided(path)
    if whole_npz and not part.divides:
        everything = arrays.everything(path)
        everything = everything.resized(image_size) if image_size else everything
        return Images(path.stem, everything, _mean(everything), THESE_IMAGES)
    dataset = catalog.load(
        Selection(data, image_size, part.train_images, part.test_images, part.validation)
    )
    if part.split == "all":
        both = joined(dataset.train, dataset.test)
        return Images(dataset.name, both, _mean(both), THESE_IMAGES, dataset.classes)
    notes = _tenth(catalog.facts(Selection(data))) if is_own and part == WHOLE else ()
    mean = _mean(dataset.train)
    return Images(dataset.name, dataset.test, mean, "the training images", dataset.classes, notes)


def joined(one: ImageSet, other: ImageSet) -> ImageSet:
    """Return the images of both."""
    return ImageSet(
        np.concatenate([one.images, other.images]), np.concatenate([one.labels, other.labels])
    )


def _tenth(facts: DataFacts) -> tuple[Message, ...]:
    """Return a note where the images are a tenth that training sets aside."""
    if not any(note.key == "data.reading.held_out" for note in facts.notes):
        return ()
    total = facts.train_images + facts.test_images
    return (Message("errors.weights.tenth", count=facts.test_images, total=total),)


def check_fit(images: Images, channels: int, classes: int) -> None:
    """Accept images that a network of these channels and classes can be tested on.

    Raises:
        DataError: says what does not fit.
    """
    if images.channels != channels:
        raise DataError(
            "weights.channels", title=images.title, channels=images.channels, taken=channels
        )
    highest = int(images.images.labels.max())
    if highest >= classes:
        raise DataError(
            "weights.labels", title=images.title, highest=highest, classes=classes, last=classes - 1
        )


def _mean(images: ImageSet) -> Tensor:
    return augment.per_pixel_mean(augment.as_tensors(images)[0])
