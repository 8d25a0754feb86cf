"""The images on which an imported network is tested, and their normalisation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import torch
from torch import Tensor

from resnet_core.data import augment, catalog
from resnet_core.data.dataset import ImageSet, Selection, class_order
from resnet_core.data.own import arrays
from resnet_core.errors import DataError, InvalidSetting

THESE_IMAGES = "these images"  # what a mean is of where there are no others

Normalization = Literal["imagenet", "cifar", "per-pixel"]

PER_PIXEL: Normalization = "per-pixel"  # the paper's (section 4.2)
NORMALIZATIONS: tuple[Normalization, ...] = get_args(Normalization)
# Mean and standard deviation of each colour, of values from 0 to 1. CIFAR's deviations are
# those that most public code has; they are means of the images' own deviations, a fifth below
# that of all pixels together.
STATISTICS: dict[Normalization, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "cifar": ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
}


@dataclass(frozen=True)
class Part:
    """A part of a data set's images, as a run's `Experiment` says it; by default all.

    Attributes:
        train_images: only this many; they matter for their mean alone.
        validation: the held-out tenth of the training images in place of the test images.
        split: "test": an npz is divided as for training, and its test images are taken; "all":
            it is not. None is "all" unless another attribute needs a division.
    """

    train_images: int | None = None
    test_images: int | None = None
    validation: bool = False
    split: Literal["test", "all"] | None = None

    @property
    def divides(self) -> bool:
        needed = self.train_images or self.test_images or self.validation
        return self.split == "test" or (self.split is None and bool(needed))

    def check(self, data: str, is_npz: bool) -> None:
        """Refuse what contradicts itself.

        Raises:
            InvalidSetting: says what to leave out.
        """
        if self.split != "all":
            return
        if not is_npz:
            raise InvalidSetting("split", "weights.split_own_test", data=data[:60])
        if self.train_images or self.test_images or self.validation:
            raise InvalidSetting("split", "weights.split_whole_npz")


WHOLE = Part()


@dataclass(frozen=True)
class Images:
    """Labelled images.

    Attributes:
        title: as shown to people.
        mean: float32, C, H, W: the per-pixel mean of the training images, or of these where
            there are no others; `mean_of` says which.
    """

    title: str
    images: ImageSet
    mean: Tensor
    mean_of: str

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
    part.check(data, arrays.is_arrays(path))
    if arrays.is_arrays(path) and not part.divides:
        everything = arrays.everything(path)
        everything = everything.resized(image_size) if image_size else everything
        return Images(path.stem, everything, _mean(everything), THESE_IMAGES)
    dataset = catalog.load(
        Selection(data, image_size, part.train_images, part.test_images, part.validation)
    )
    return Images(dataset.name, dataset.test, _mean(dataset.train), "the training images")


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


def normalizations(channels: int) -> tuple[Normalization, ...]:
    """Return those for images of so many channels: the statistics are of colour images."""
    return NORMALIZATIONS if channels == 3 else (PER_PIXEL,)


def normalized(images: Tensor, normalization: Normalization, mean: Tensor) -> Tensor:
    """Return prepared images, float32.

    Args:
        images: uint8, B, C, H, W.
        mean: float32, C, H, W, of the training images; used by `per-pixel` (section 4.2).
    """
    if normalization == PER_PIXEL:
        return augment.centred(images, mean)
    centre, deviation = (
        torch.tensor(numbers, device=images.device).reshape(1, -1, 1, 1)
        for numbers in STATISTICS[normalization]
    )
    return (images.to(torch.float32) / 255 - centre) / deviation
