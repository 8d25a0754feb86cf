"""Mini-batches of pictures that are decoded while the network trains on those before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from resnet_core.data import augment
from resnet_core.data.pictures.decoders import Decoders
from resnet_core.data.pictures.picture_folder import PictureFolder
from resnet_core.data.pictures.picture_mean import per_pixel_mean
from resnet_core.data.pictures.picture_views import View, training_view
from resnet_core.errors import InvalidSetting
from resnet_core.experiments.experiment import Experiment
from resnet_core.training.device import Execution
from resnet_core.training.randomness import generator, number

_AHEAD = 2  # batches decoded before they are asked for


@dataclass(frozen=True)
class Place:
    """A picture's turn: which pass over the data, and which picture."""

    epoch: int
    picture: int


Begun = list[tuple[Place, Callable[[], View]]]  # a batch and its views, ready or not


class PictureOrder:
    """Every picture once a pass, in an order drawn anew for each pass; `order.Order` for those
    who look ahead: what comes when follows from the seed alone."""

    def __init__(self, pictures: int, seed: int) -> None:
        self._pictures, self._seed = pictures, seed
        self._passes: dict[int, Tensor] = {}

    def batch(self, index: int, size: int) -> list[Place]:
        """The batch of this index from 0; one that a pass cannot fill goes on in the next."""
        turns = range(index * size, (index + 1) * size)
        return [self._place(*divmod(turn, self._pictures)) for turn in turns]

    def _place(self, epoch: int, turn: int) -> Place:
        if epoch not in self._passes:
            if len(self._passes) > 1:  # a batch needs two at most, unless passes are tiny
                del self._passes[min(self._passes)]
            chance = generator(self._seed, f"order of pass {epoch}")
            self._passes[epoch] = torch.randperm(self._pictures, generator=chance)
        return Place(epoch, int(self._passes[epoch][turn]))


class PictureBatches:
    """Draws augmented mini-batches (section 3.4) from pictures on disk.

    Raises:
        InvalidSetting: the batch is larger than the training set.
    """

    def __init__(
        self,
        folder: PictureFolder,
        experiment: Experiment,
        execution: Execution,
        decoders: Decoders,
    ) -> None:
        if experiment.batch_size > len(folder.train):
            raise InvalidSetting(
                "batch_size",
                "setting.batch_beyond_data",
                given=experiment.batch_size,
                count=len(folder.train),
            )
        self._folder, self._experiment, self._execution = folder, experiment, execution
        self._decoders = decoders
        self._order = PictureOrder(len(folder.train), experiment.seed)
        self._seed = number(experiment.seed, "augmentation")
        self._index = 0  # of the next batch
        self._begun: dict[int, Begun] = {}
        self._mean: Tensor | None = None

    @property
    def mean(self) -> Tensor:
        """Per-pixel mean of the training pictures, of bytes: float32, C, H, W, on the device.

        Raises:
            DataError: it is not known yet, and a picture that it is taken from cannot be used.
        """
        if self._mean is None:
            mean = per_pixel_mean(self._folder.train, self._folder.image_size, self._decoders)
            self._mean = torch.from_numpy(mean).to(self._execution.device)
        return self._mean

    def next(self) -> tuple[Tensor, Tensor]:
        """Images (B, C, H, W; the type that is computed in) and labels (int64, B).

        Raises:
            DataError: a picture cannot be used; names it.
        """
        for index in range(self._index, max(self._index + 1, self._end)):
            if index not in self._begun:
                self._begun[index] = self._begin(index)
        batch = self._begun.pop(self._index)
        views = [result() for _, result in batch]
        labels = self._folder.train.labels[[place.picture for place, _ in batch]]
        self._index += 1
        return self._prepared(views), torch.from_numpy(labels).to(self._execution.device)

    @property
    def _end(self) -> int:
        """Before which batch to stop decoding for now; none is needed after the last update."""
        ahead = self._index + 1 + (_AHEAD if self._decoders.count else 0)
        return min(ahead, self._experiment.iterations)

    def _begin(self, index: int) -> Begun:
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

    def state(self) -> dict[str, Any]:
        """For `restore`: the next batch will be the same one, and so will its mean."""
        return {"index": self._index, "mean": self.mean.cpu()}

    def restore(self, state: dict[str, Any]) -> None:
        self._index = state["index"]
        self._begun = {index: batch for index, batch in self._begun.items() if index >= self._index}
        self._mean = state["mean"].to(self._execution.device)


def as_tensor(pictures: Sequence[np.ndarray]) -> Tensor:
    """Pictures of one size, uint8 H, W, C each, as B, C, H, W."""
    return torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2)
