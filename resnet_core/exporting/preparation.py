"""How an image becomes a network's input: the mean that was subtracted in training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray

from resnet_core.data import catalog
from resnet_core.errors import PlaygroundError
from resnet_core.runs.record import RunRecord
from resnet_core.specs import is_imagenet

FILE = "preprocessing.safetensors"


@dataclass(frozen=True)
class Preparation:
    """What only the images themselves tell.

    Attributes:
        mean: float32, C, H, W: the training images' per-pixel mean, of values from 0 to 255.
        classes: names, in the order of the network's outputs.
        fingerprint: of all pixels and labels, see `data.dataset`.
    """

    mean: NDArray[np.float32]
    classes: tuple[str, ...]
    fingerprint: str

    def to_bytes(self) -> bytes:
        """A safetensors file with the tensor `mean`."""
        return safetensors.numpy.save({"mean": self.mean}, {"unit": "0 to 255", "axes": "C, H, W"})


def of_run(run: RunRecord) -> Preparation | None:
    """Read from the run's data; None where there is no copy of them on this machine, and for
    folders of large pictures, which are never all in memory."""
    e = run.experiment
    if is_imagenet(e.network):
        return None
    try:
        data = catalog.load(e.data, e.image_size, e.train_images, e.test_images, e.validation)
    except PlaygroundError:
        return None
    images = data.train.images  # N, H, W, C
    # A sum of whole numbers has no rounding: this is the mean that training subtracted.
    mean = images.sum(axis=0, dtype=np.int64).astype(np.float32) / np.float32(len(images))
    return Preparation(
        np.ascontiguousarray(mean.transpose(2, 0, 1)), data.classes, data.fingerprint
    )
