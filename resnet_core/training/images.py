"""The images that a run trains on and is evaluated on: in memory, or picture files on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from resnet_core.data import augment, catalog
from resnet_core.data.dataset import Dataset, ImageSet, Selection, class_order
from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet.image_folder import ImageFiles, ImageFolder
from resnet_core.data.imagenet.views import centre_view
from resnet_core.experiments.experiment import Experiment
from resnet_core.training.batches import Batches, PictureBatches, as_tensor
from resnet_core.training.device import Execution

Data = Dataset | ImageFolder

_MAX_EVALUATED = 250  # pictures that go through a network together


# Images of one batch: of the paper's networks in bf16 its activations then take 30 MB a layer.
_MAX_IMAGES, _MAX_PIXELS = 500, 2**19


def images_per_pass(pixels: int) -> int:
    """Return how many images of so many pixels go through a network together in an evaluation."""
    return max(1, min(_MAX_IMAGES, _MAX_PIXELS // pixels))


def percent_wrong(batches: Iterable[tuple[Tensor, Tensor]]) -> float:
    """Return the percentage of images whose largest logit is not their label's.

    Args:
        batches: logits (B, classes) and labels (int64, B) on one device, not waited for until
            the last.
    """
    wrong: Tensor | int = 0
    images = 0
    for logits, labels in batches:
        wrong = wrong + (logits.argmax(1) != labels).sum()
        images += len(labels)
    return 100 * float(wrong) / images


class Evaluation:
    """A fixed set of images and the error that a network makes on them.

    Args:
        batches: makes the prepared images (B, C, H, W) and labels (int64, B).
    """

    def __init__(
        self, batches: Callable[[], Iterable[tuple[Tensor, Tensor]]], execution: Execution
    ) -> None:
        self._batches, self._execution = batches, execution

    def error(self, model: nn.Module) -> float:
        """Return the percentage wrong with BN's running statistics. The network is in training
        mode again afterwards; no random number is drawn.

        Raises:
            DataError: a picture cannot be used; names it.
        """
        model.eval()
        try:
            with torch.inference_mode(), self._execution.autocast():
                return percent_wrong((model(images), labels) for images, labels in self._batches())
        finally:
            model.train()


def of_images(images: ImageSet, mean: Tensor, execution: Execution) -> Evaluation:
    """Return the evaluation on images in memory (section 4.2: no augmentation).

    Args:
        mean: per-pixel mean of the training images, float32, C, H, W.
    """
    pixels, labels = augment.as_tensors(images, execution.device)
    height, width = pixels.shape[2:]
    size = images_per_pass(height * width)

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        for part, truth in zip(pixels.split(size), labels.split(size), strict=True):
            yield augment.centred(part, mean, execution.dtype, execution.memory_format), truth

    return Evaluation(batches, execution)


def of_pictures(
    pictures: ImageFiles,
    training: PictureBatches,
    crop: int,
    size: int,
    execution: Execution,
    decoders: Decoders,
) -> Evaluation:
    """Return the evaluation on the centre views of picture files (section 3.4), decoded each time.

    Args:
        training: the batches whose mean is subtracted.
        size: pictures that go through the network together.
    """
    labels = torch.from_numpy(pictures.labels).to(execution.device)

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        views = decoders.map(partial(centre_view, pictures, crop=crop), range(len(pictures)))
        for part in labels.split(size):
            pixels = as_tensor([next(views).pixels for _ in part]).to(execution.device)
            mean, memory_format = training.mean, execution.memory_format
            yield augment.centred(pixels, mean, execution.dtype, memory_format), part

    return Evaluation(batches, execution)


def fixed_subset(images: ImageSet, count: int) -> ImageSet:
    """Return the same `count` images for every run on these data, balanced over the classes; all
    of them if there are fewer."""
    return images.take(class_order(images.labels, equal=True)[:count])


@dataclass(frozen=True)
class PreparedData:
    """Mini-batches, and the images of the two errors.

    Attributes:
        decoders: threads that read pictures, if there are any.
    """

    batches: Batches | PictureBatches
    training_images: Evaluation
    test_images: Evaluation
    decoders: Decoders | None = None

    def close(self) -> None:
        """End the threads."""
        if self.decoders is not None:
            self.decoders.close()


def load(experiment: Experiment) -> Data:
    """Return the images as the experiment uses them; ImageNet's networks read picture files.

    Raises:
        InvalidSetting, DataError: they are missing, unusable or too few.
    """
    selection = Selection.of(experiment)
    return catalog.load_folder(selection) if selection.on_disk else catalog.load(selection)


def prepare(data: Data, experiment: Experiment, execution: Execution) -> PreparedData:
    """Prepare the images for training; pictures are not opened yet.

    Raises:
        InvalidSetting: the batch is larger than the training set.
    """
    if isinstance(data, ImageFolder):
        return _pictures(data, experiment, execution)
    batches = Batches(data.train, experiment, execution)
    subset = fixed_subset(data.train, experiment.evaluation_images)
    training_images, test_images = (
        of_images(images, batches.mean, execution) for images in (subset, data.test)
    )
    return PreparedData(batches, training_images, test_images)


def _pictures(data: ImageFolder, experiment: Experiment, execution: Execution) -> PreparedData:
    decoders = Decoders()
    batches = PictureBatches(data, experiment, execution, decoders)
    subset = class_order(data.train.labels, equal=True)[: experiment.evaluation_images]
    size = min(_MAX_EVALUATED, experiment.batch_size)
    training_images, test_images = (
        of_pictures(pictures, batches, data.image_size, size, execution, decoders)
        for pictures in (data.train.take(subset), data.test)
    )
    return PreparedData(batches, training_images, test_images, decoders)
