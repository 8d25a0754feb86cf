"""The picture that a request names, as a network takes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resnet_core.data.dataset import ImageSet, area_average
from resnet_core.data.own import uploaded_image
from resnet_core.errors import InvalidSetting
from resnet_core.labs.attribution.question import image_place, upload_id
from resnet_core.labs.tools.trained_network import TrainedNetwork

_GREY = np.array([0.299, 0.587, 0.114])  # of red, green and blue in luminance (ITU-R BT.601)


@dataclass(frozen=True)
class PictureInput:
    """One picture.

    Attributes:
        pixels: uint8, H, W, C, of the network's size.
        mask: bool, H, W, where the shape is; None where that is not known.
        label: its class; None for an uploaded picture.
    """

    pixels: NDArray[np.uint8]
    mask: NDArray[np.bool_] | None
    label: int | None

    def x(self, network: TrainedNetwork) -> Tensor:
        """As the network takes it: 1, C, H, W, on its device."""
        images = ImageSet(self.pixels[None], np.zeros(1, np.int64))
        return network.prepared(images)[0]


def load(network: TrainedNetwork, name: str) -> PictureInput:
    """The picture of this name for a network.

    Raises:
        InvalidSetting: the network's data have no such test image.
        DataError: there is no such uploaded picture.
    """
    place = image_place(name)
    data = network.dataset
    if place is None:
        pixels = uploaded_image.load(upload_id(name))
        return PictureInput(fitted(pixels, data.image_size, data.channels), None, None)
    if place >= len(data.test):
        most = len(data.test) - 1
        raise InvalidSetting(
            "picture", "labs.no_such_image", data=data.name, count=most + 1, last=most
        )
    mask = None if data.test.masks is None else data.test.masks[place]
    return PictureInput(data.test.images[place], mask, int(data.test.labels[place]))


def fitted(pixels: NDArray[np.uint8], size: int, channels: int) -> NDArray[np.uint8]:
    """A square RGB picture by area averages, in grey for a network of one channel.

    S, S, 3 -> size, size, C.
    """
    small = area_average(pixels[None], size)[0]
    if channels == 3:
        return small
    return np.rint(small @ _GREY).astype(np.uint8)[..., None]


def masks(network: TrainedNetwork, index: NDArray[np.int64]) -> Tensor:
    """The masks of these test images on the network's device: bool, N, H, W.

    Raises:
        InvalidSetting: the data do not say where the objects are.
    """
    data = network.dataset
    if data.test.masks is None:
        raise InvalidSetting("runs", "labs.images_without_masks", data=data.name)
    return torch.from_numpy(data.test.masks[index]).to(network.device)
