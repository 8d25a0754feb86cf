"""Errors on images that stay the same throughout a run."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from resnet_core.data import augment
from resnet_core.data.dataset import ImageSet, class_order
from resnet_core.training.device import Execution

# Images of one batch: of the paper's networks in bf16 its activations then take 30 MB a layer.
_MOST_IMAGES, _MOST_PIXELS = 500, 2**19


class Evaluation:
    """A set of images and the error that a network makes on them.

    The images are the single view of section 4.2: not augmented, the training images'
    per-pixel mean subtracted.
    """

    def __init__(self, images: ImageSet, mean: Tensor, execution: Execution) -> None:
        self._images, self._labels = augment.as_tensors(images, execution.device)
        self._mean, self._execution = mean, execution

    def error(self, model: nn.Module) -> float:
        """Percent wrong, with BN's running statistics; the network is in training mode again
        afterwards, and nothing random was drawn."""
        model.eval()
        try:
            with torch.inference_mode(), self._execution.autocast():
                wrong = sum(
                    (model(self._prepared(images)).argmax(1) != labels).sum()
                    for images, labels in self._batches()
                )
        finally:
            model.train()
        return 100 * float(wrong) / len(self._labels)

    def _batches(self) -> zip[tuple[Tensor, Tensor]]:
        height, width = self._images.shape[2:]
        size = max(1, min(_MOST_IMAGES, _MOST_PIXELS // (height * width)))
        return zip(self._images.split(size), self._labels.split(size), strict=True)

    def _prepared(self, images: Tensor) -> Tensor:
        execution = self._execution
        return augment.centred(images, self._mean, execution.dtype, execution.memory_format)


def fixed_subset(images: ImageSet, count: int) -> ImageSet:
    """The same `count` images for every run on these data, as many of each class; all if fewer."""
    return images.take(class_order(images.labels, equal=True)[:count])
