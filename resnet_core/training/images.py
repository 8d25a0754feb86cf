"""The images that a run trains on and is evaluated on: in memory, or picture files on disk."""

from __future__ import annotations

from dataclasses import dataclass

from resnet_core.data import catalog
from resnet_core.data.dataset import Dataset, class_order
from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet.image_folder import ImageFolder
from resnet_core.data.selection import Selection
from resnet_core.experiments.experiment import Experiment
from resnet_core.training.batches.batches import Batches
from resnet_core.training.batches.picture_batches import PictureBatches
from resnet_core.training.device import Execution
from resnet_core.training.evaluation import evaluation
from resnet_core.training.evaluation.evaluation import Evaluation, fixed_subset

Data = Dataset | ImageFolder

_MAX_EVALUATED = 250  # pictures that go through a network together


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
        evaluation.of_images(images, batches.mean, execution) for images in (subset, data.test)
    )
    return PreparedData(batches, training_images, test_images)


def _pictures(data: ImageFolder, experiment: Experiment, execution: Execution) -> PreparedData:
    decoders = Decoders()
    batches = PictureBatches(data, experiment, execution, decoders)
    subset = class_order(data.train.labels, equal=True)[: experiment.evaluation_images]
    size = min(_MAX_EVALUATED, experiment.batch_size)
    training_images, test_images = (
        evaluation.of_pictures(pictures, batches, data.image_size, size, execution, decoders)
        for pictures in (data.train.take(subset), data.test)
    )
    return PreparedData(batches, training_images, test_images, decoders)
