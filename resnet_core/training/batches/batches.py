"""Mini-batches for training: all images on the device as bytes, prepared batch by batch."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from resnet_core.data import augment
from resnet_core.data.augment import Draw
from resnet_core.data.dataset import ImageSet
from resnet_core.errors import InvalidSetting
from resnet_core.experiments.experiment import Experiment
from resnet_core.training.batches.order import Order
from resnet_core.training.device import Execution
from resnet_core.training.randomness import generator


class Batches:
    """Draws augmented mini-batches in a random order; see `Order`.

    Attributes:
        mean: per-pixel mean of the training images, float32, C, H, W.
        augments: whether anything of a mini-batch's images is left to chance.

    Raises:
        InvalidSetting: the batch is larger than the training set.
    """

    def __init__(self, images: ImageSet, experiment: Experiment, execution: Execution) -> None:
        if experiment.batch_size > len(images):
            raise InvalidSetting(
                "batch_size",
                "setting.batch_beyond_data",
                given=experiment.batch_size,
                count=len(images),
            )
        self._experiment, self._execution = experiment, execution
        self._images, self._labels = augment.as_tensors(images, execution.device)
        self.mean = augment.per_pixel_mean(self._images)
        self._order = Order(len(images), experiment.batch_size, experiment.seed, execution.device)
        self._chance = generator(experiment.seed, "augmentation")
        self.augments = experiment.crop_padding > 0 or experiment.flip

    def next(self) -> tuple[Tensor, Tensor]:
        """Images (B, C, H, W; the type that is computed in) and labels (int64, B)."""
        chosen, chance = self.draw()
        device = self._execution.device
        return self.prepared(chosen, None if chance is None else chance.to(device))

    def draw(self) -> tuple[Tensor, Draw | None]:
        """Which images are next (int64, B, on the device) and what becomes of each, on the CPU.

        None: nothing is left to chance.
        """
        e, chosen = self._experiment, self._order.next()
        if not self.augments:
            return chosen, None
        return chosen, augment.draw(len(chosen), self._chance, e.crop_padding, flip=e.flip)

    def prepared(self, chosen: Tensor, chance: Draw | None) -> tuple[Tensor, Tensor]:
        """What `next` returns, of a draw that is on the device."""
        images = augment.augmented(
            self._images[chosen],
            self.mean,
            chance,
            self._experiment.crop_padding,
            self._execution.dtype,
            self._execution.memory_format,
        )
        return images, self._labels[chosen]

    def state(self) -> dict[str, Any]:
        """For `restore`: the next batch will be the same one."""
        return {"order": self._order.state(), "augmentation": self._chance.get_state()}

    def restore(self, state: dict[str, Any]) -> None:
        self._order.restore(state["order"])
        self._chance.set_state(state["augmentation"])
