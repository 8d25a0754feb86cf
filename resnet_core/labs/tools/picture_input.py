"""The picture that an order names, as a network sees it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resnet_core.data.dataset import ImageSet, area_average
from resnet_core.data.own import uploaded_image
from resnet_core.data.shapes.shapes import ShapesDataset
from resnet_core.errors import InvalidSetting
from resnet_core.labs.tools import picture_names
from resnet_core.labs.tools.trained_network import Subject

_GREY = np.array([0.299, 0.587, 0.114])  # of red, green and blue in luminance (ITU-R BT.601)


@dataclass(frozen=True)
class Seen:
    """One picture.

    Attributes:
        pixels: uint8, H, W, C, of the network's own size.
        mask: bool, H, W, where the shape is; None where nobody knows.
        label: what it shows; None for a picture of one's own.
    """

    pixels: NDArray[np.uint8]
    mask: NDArray[np.bool_] | None
    label: int | None

    def x(self, subject: Subject) -> Tensor:
        """As the network takes it: 1, C, H, W, on its device."""
        images = ImageSet(self.pixels[None], np.zeros(1, np.int64))
        return subject.prepared(images)[0]


def seen(subject: Subject, name: str) -> Seen:
    """The picture of this name for a network.

    Raises:
        InvalidSetting: the network's data have no such test image.
        DataError: there is no such picture of one's own.
    """
    place = picture_names.place(name)
    data = subject.dataset
    if place is None:
        pixels = uploaded_image.load(picture_names.own_id(name))
        return Seen(fitted(pixels, data.image_size, data.channels), None, None)
    if place >= len(data.test):
        most = len(data.test) - 1
        raise InvalidSetting(
            "picture", f"{data.name} has {most + 1} test images here; use test:0 to test:{most}."
        )
    mask = data.test_masks[place] if isinstance(data, ShapesDataset) else None
    return Seen(data.test.images[place], mask, int(data.test.labels[place]))


def fitted(pixels: NDArray[np.uint8], size: int, channels: int) -> NDArray[np.uint8]:
    """A square RGB picture by area averages, in grey where the network knows no colours.

    S, S, 3 -> size, size, C.
    """
    small = area_average(pixels[None], size)[0]
    if channels == 3:
        return small
    return np.rint(small @ _GREY).astype(np.uint8)[..., None]


def masks(subject: Subject, index: NDArray[np.int64]) -> Tensor:
    """The masks of these test images on the network's device: bool, N, H, W.

    Raises:
        InvalidSetting: nobody knows where the objects are in these data.
    """
    data = subject.dataset
    if not isinstance(data, ShapesDataset):
        raise InvalidSetting(
            "runs",
            f"{data.name} says what its images show but not where; choose a network that was "
            f"trained on shapes.",
        )
    return torch.from_numpy(data.test_masks[index]).to(subject.device)
