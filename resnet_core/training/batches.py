"""Mini-batches of images in the device's memory, and of picture files decoded beside training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from resnet_core.data import augment
from resnet_core.data.augment import Draw
from resnet_core.data.dataset import ImageSet
from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet.image_folder import ImageFolder
from resnet_core.data.imagenet.views import View, per_pixel_mean, training_view
from resnet_core.experiments.experiment import Experiment
from resnet_core.networks.initialization import generator, generator_seed
from resnet_core.training.device import Execution

_AHEAD = 2  # batches that are decoded in advance


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


@dataclass(frozen=True)
class Place:
    """A picture and the pass over the data in which it is used."""

    epoch: int
    picture: int


PendingViews = list[tuple[Place, Callable[[], View]]]  # of one batch, decoded or not


class PictureOrder:
    """A random order of all pictures for each pass, as `batches.Order`, but with a generator for
    each pass: any batch's pictures follow from the seed and the batch's index alone."""

    def __init__(self, pictures: int, seed: int) -> None:
        self._pictures, self._seed = pictures, seed
        self._passes: dict[int, Tensor] = {}

    def batch(self, index: int, size: int) -> list[Place]:
        """Return the pictures of batch `index`, from 0; the next pass fills the last of a pass."""
        turns = range(index * size, (index + 1) * size)
        return [self._place(*divmod(turn, self._pictures)) for turn in turns]

    def _place(self, epoch: int, turn: int) -> Place:
        if epoch not in self._passes:
            if len(self._passes) > 1:  # a batch needs two at most, unless passes are tiny
                del self._passes[min(self._passes)]
            order = generator(self._seed, f"order of pass {epoch}")
            self._passes[epoch] = torch.randperm(self._pictures, generator=order)
        return Place(epoch, int(self._passes[epoch][turn]))


class PictureBatches:
    """Augmented mini-batches (section 3.4) of pictures on disk.

    Raises:
        InvalidSetting: the batch is larger than the training set.
    """

    def __init__(
        self,
        folder: ImageFolder,
        experiment: Experiment,
        execution: Execution,
        decoders: Decoders,
    ) -> None:
        experiment.check_batch_size(len(folder.train))
        self._folder, self._experiment, self._execution = folder, experiment, execution
        self._decoders = decoders
        self._order = PictureOrder(len(folder.train), experiment.seed)
        self._seed = generator_seed(experiment.seed, "augmentation")
        self._index = 0  # of the next batch
        self._pending: dict[int, PendingViews] = {}
        self._mean: Tensor | None = None

    @property
    def mean(self) -> Tensor:
        """Per-pixel mean of the training pictures' bytes: float32, C, H, W, on the device.

        Raises:
            DataError: a picture that the mean is computed from cannot be used.
        """
        if self._mean is None:
            mean = per_pixel_mean(self._folder.train, self._folder.image_size, self._decoders)
            self._mean = torch.from_numpy(mean).to(self._execution.device)
        return self._mean

    def next(self) -> tuple[Tensor, Tensor]:
        """Return images (B, C, H, W, in the execution's type) and labels (int64, B).

        Raises:
            DataError: a picture cannot be used; names it.
        """
        for index in range(self._index, max(self._index + 1, self._end)):
            if index not in self._pending:
                self._pending[index] = self._begin(index)
        batch = self._pending.pop(self._index)
        views = [result() for _, result in batch]
        labels = self._folder.train.labels[[place.picture for place, _ in batch]]
        self._index += 1
        return self._prepared(views), torch.from_numpy(labels).to(self._execution.device)

    @property
    def _end(self) -> int:
        """The first batch that is not decoded yet; none is needed after the last update."""
        ahead = self._index + 1 + (_AHEAD if self._decoders.count else 0)
        return min(ahead, self._experiment.iterations)

    def _begin(self, index: int) -> PendingViews:
        places = self._order.batch(index, self._experiment.batch_size)
        return [(place, self._decoders.begin(self._view, place)) for place in places]

    def _view(self, place: Place) -> View:
        e, crop = self._experiment, self._folder.image_size
        seeds = (self._seed, place.epoch, place.picture)
        return training_view(self._folder.train, place.picture, crop, seeds, e.flip)

    def _prepared(self, views: Sequence[View]) -> Tensor:
        device = self._execution.device
        images = as_tensor([view.pixels for view in views]).to(device)
        shift = torch.tensor([view.shift for view in views], device=device)
        x = augment.centred(images, self.mean) + shift[:, :, None, None]
        return x.to(self._execution.dtype).contiguous(memory_format=self._execution.memory_format)

    def state_dict(self) -> dict[str, Any]:
        """Return the next batch's index and the mean, which would take long to compute again."""
        return {"index": self._index, "mean": self.mean.cpu()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._index = state["index"]
        self._pending = {i: views for i, views in self._pending.items() if i >= self._index}
        self._mean = state["mean"].to(self._execution.device)


def as_tensor(pictures: Sequence[np.ndarray]) -> Tensor:
    """Stack pictures of one size, uint8 H, W, C each, into B, C, H, W."""
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
