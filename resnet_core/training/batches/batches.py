"""Mini-batches of images that lie in the device's memory as bytes, prepared batch by batch."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from resnet_core.data import augment
from resnet_core.data.augment import Draw
from resnet_core.data.dataset import ImageSet
from resnet_core.experiments.experiment import Experiment
from resnet_core.networks.initialization import generator
from resnet_core.training.device import Execution


class Order:
    """A random order of all images for each pass over them.

    The last batch of a pass is filled from the next pass. So every image is used equally often,
    and `iterations x batch / images` is exactly the number of epochs (64k of 128 are 163.8 of
    CIFAR-10's 50k images).
    """

    def __init__(self, images: int, batch: int, seed: int, device: torch.device) -> None:
        self._images, self._batch, self._device = images, batch, device
        self._generator = generator(seed, "order")
        self._begin_pass()

    def _begin_pass(self) -> None:
        """Draw on the CPU, so that every device trains on the images in the same order."""
        self._state_before = self._generator.get_state()
        order = torch.randperm(self._images, generator=self._generator)
        self._order = order.to(self._device)
        self._position = 0

    def next(self) -> Tensor:
        """Return the positions of the next mini-batch's images, int64, B, on the device."""
        parts, missing = [], self._batch
        while missing:
            if self._position == self._images:
                self._begin_pass()
            part = self._order[self._position : self._position + missing]
            self._position += len(part)
            missing -= len(part)
            parts.append(part)
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def state_dict(self) -> dict[str, Any]:
        """Return the generator's state before this pass was drawn, and the position in it."""
        return {"generator": self._state_before.clone(), "position": self._position}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._generator.set_state(state["generator"])
        self._begin_pass()
        self._position = state["position"]


class Batches:
    """Augmented mini-batches in random order.

    Attributes:
        mean: per-pixel mean of the training images, float32, C, H, W.
        augments: whether images are cropped or mirrored at random.

    Raises:
        InvalidSetting: the batch is larger than the training set.
    """

    def __init__(self, images: ImageSet, experiment: Experiment, execution: Execution) -> None:
        experiment.check_batch_size(len(images))
        self._experiment, self._execution = experiment, execution
        self._images, self._labels = augment.as_tensors(images, execution.device)
        self.mean = augment.per_pixel_mean(self._images)
        self._order = Order(len(images), experiment.batch_size, experiment.seed, execution.device)
        self._generator = generator(experiment.seed, "augmentation")
        self.augments = experiment.crop_padding > 0 or experiment.flip

    def next(self) -> tuple[Tensor, Tensor]:
        """Return images (B, C, H, W, in the execution's type) and labels (int64, B)."""
        positions, draw = self.draw()
        return self.prepared(positions, None if draw is None else draw.to(self._execution.device))

    def draw(self) -> tuple[Tensor, Draw | None]:
        """Return the next positions (int64, B, on the device) and their augmentation (on the CPU);
        None: there is no augmentation."""
        e, positions = self._experiment, self._order.next()
        if not self.augments:
            return positions, None
        return positions, augment.draw(len(positions), self._generator, e.crop_padding, flip=e.flip)

    def prepared(self, positions: Tensor, draw: Draw | None) -> tuple[Tensor, Tensor]:
        """Return what `next` does, for positions and an augmentation that are on the device."""
        images = augment.augmented(
            self._images[positions],
            self.mean,
            draw,
            self._experiment.crop_padding,
            self._execution.dtype,
            self._execution.memory_format,
        )
        return images, self._labels[positions]

    def state_dict(self) -> dict[str, Any]:
        return {"order": self._order.state_dict(), "augmentation": self._generator.get_state()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._order.load_state_dict(state["order"])
        self._generator.set_state(state["augmentation"])
