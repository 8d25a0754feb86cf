"""Mini-batches of picture files, decoded while the network trains on earlier ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from resnet_core.data import augment
from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet.image_folder import ImageFolder
from resnet_core.data.imagenet.views import View, per_pixel_mean, training_view
from resnet_core.experiments.experiment import Experiment
from resnet_core.networks.initialization import generator, generator_seed
from resnet_core.training.device import Execution

_AHEAD = 2  # batches that are decoded in advance


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
