"""Errors on pictures that stay the same throughout a run, decoded anew each time."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor, nn

from resnet_core.data import augment
from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet.image_folder import ImageFiles
from resnet_core.data.imagenet.views import View, centre_view
from resnet_core.training.batches.picture_batches import PictureBatches, as_tensor
from resnet_core.training.device import Execution


class PictureEvaluation:
    """Pictures and the error that a network makes on their centre views (section 3.4).

    Args:
        batches: whose mean is subtracted.
        size: pictures that go through the network together.
    """

    def __init__(
        self,
        pictures: ImageFiles,
        batches: PictureBatches,
        crop: int,
        size: int,
        execution: Execution,
        decoders: Decoders,
    ) -> None:
        self._pictures, self._batches, self._crop, self._size = pictures, batches, crop, size
        self._execution, self._decoders = execution, decoders

    def error(self, model: nn.Module) -> float:
        """Percent wrong, with BN's running statistics; the network is in training mode again
        afterwards, and nothing random was drawn.

        Raises:
            DataError: a picture cannot be used; names it.
        """
        model.eval()
        try:
            with torch.inference_mode(), self._execution.autocast():
                wrong = sum(
                    (model(images).argmax(1) != labels).sum() for images, labels in self._loaded()
                )
        finally:
            model.train()
        return 100 * float(wrong) / len(self._pictures)

    def _loaded(self) -> Iterator[tuple[Tensor, Tensor]]:
        execution = self._execution
        labels = torch.from_numpy(self._pictures.labels).to(execution.device)
        view = partial(_view, self._pictures, self._crop)
        views = self._decoders.map(view, range(len(self._pictures)))
        for part in labels.split(self._size):
            images = as_tensor([next(views).pixels for _ in part]).to(execution.device)
            mean, format_ = self._batches.mean, execution.memory_format
            yield augment.centred(images, mean, execution.dtype, format_), part


def _view(pictures: ImageFiles, crop: int, place: int) -> View:
    return centre_view(pictures, place, crop)
