"""How an image becomes a network's input: the mean that was subtracted in training."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from resnet_core.data import catalog
from resnet_core.data.dataset import Dataset
from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet import views
from resnet_core.data.imagenet.image_folder import ImageFolder
from resnet_core.data.selection import Selection
from resnet_core.errors import PlaygroundError
from resnet_core.runs.record import RunRecord
from resnet_core.specs.names import is_imagenet

FILE = "preprocessing.safetensors"


@dataclass(frozen=True)
class Preparation:
    """What only the images themselves tell.

    Attributes:
        mean: float32, C, H, W: the training images' per-pixel mean, of values from 0 to 255; of
            pictures on disk that of a sample's centre views.
        classes: names, in the order of the network's outputs.
        fingerprint: of all pixels and labels, of pictures on disk of names and labels.
    """

    mean: NDArray[np.float32]
    classes: tuple[str, ...]
    fingerprint: str

    def to_bytes(self) -> bytes:
        """A safetensors file with the tensor `mean`."""
        return safetensors.numpy.save({"mean": self.mean}, {"unit": "0 to 255", "axes": "C, H, W"})


def of_run(run: RunRecord) -> Preparation | None:
    """Read from the run's data; None where there is no copy of them on this machine."""
    selection = Selection.of(run.experiment)
    try:
        if is_imagenet(run.experiment.network):
            return _of_pictures(catalog.load_folder(selection))
        return _of_images(catalog.load(selection))
    except PlaygroundError:
        return None


def _of_images(data: Dataset) -> Preparation:
    images = data.train.images  # N, H, W, C
    # A sum of whole numbers has no rounding: this is the mean that training subtracted.
    mean = images.sum(axis=0, dtype=np.int64).astype(np.float32) / np.float32(len(images))
    mean = np.ascontiguousarray(mean.transpose(2, 0, 1))
    return Preparation(mean, data.classes, data.fingerprint)


def _of_pictures(data: ImageFolder) -> Preparation:
    """Of a sample of them, the same that training took; kept in the cache folder since then."""
    with closing(Decoders()) as decoders:
        mean = views.per_pixel_mean(data.train, data.image_size, decoders)
    return Preparation(mean, data.classes, data.fingerprint)
