"""The images on which a network from elsewhere is put to the test."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from torch import Tensor

from resnet_core.data import arrays, augment, catalog
from resnet_core.data.dataset import ImageSet, class_order
from resnet_core.errors import DataError, InvalidSetting


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
        """As many of each class; all if there are fewer."""
        chosen = class_order(self.images.labels, equal=True)[:count]
        return replace(self, images=self.images.take(chosen))


def load(data: str, image_size: int | None = None) -> Images:
    """A data set's test images, or all images of an npz, whose per-pixel mean is then their own.

    Raises:
        InvalidSetting: there is no such data set.
        DataError: what is wrong with it.
    """
    if image_size is not None and not 4 <= image_size <= 256:
        raise InvalidSetting("image_size", f"{image_size} pixels are not from 4 to 256.")
    path = Path(catalog.canonical(data))
    if arrays.is_arrays(path):
        found = arrays.everything(path)
        found = found.resized(image_size) if image_size else found
        return Images(path.stem, found, _mean(found), "these images")
    dataset = catalog.load(data, image_size)
    return Images(dataset.name, dataset.test, _mean(dataset.train), "the training images")


def check_fit(images: Images, channels: int, classes: int) -> None:
    """Accept images that a network of these channels and classes can be tested on.

    Raises:
        DataError: says what does not fit.
    """
    if images.channels != channels:
        raise DataError(
            f"{images.title} has {images.channels} channels; the network takes {channels}."
        )
    highest = int(images.images.labels.max())
    if highest >= classes:
        raise DataError(
            f"{images.title} has labels up to {highest}; the network knows {classes} classes, "
            f"0 to {classes - 1}."
        )


def _mean(images: ImageSet) -> Tensor:
    return augment.per_pixel_mean(augment.as_tensors(images)[0])
