"""What a session trains and is evaluated on: images in memory, or pictures on disk."""

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
from resnet_core.training.evaluation.evaluation import Evaluation, fixed_subset
from resnet_core.training.evaluation.picture_evaluation import PictureEvaluation

Data = Dataset | ImageFolder

_MOST_EVALUATED = 250  # pictures that go through a network together


@dataclass(frozen=True)
class Feed:
    """Mini-batches, and the images of the two errors.

    Attributes:
        decoders: threads that read pictures, if any.
    """

    batches: Batches | PictureBatches
    training_images: Evaluation | PictureEvaluation
    test_images: Evaluation | PictureEvaluation
    decoders: Decoders | None = None

    def close(self) -> None:
        """End the threads."""
        if self.decoders is not None:
            self.decoders.close()


def load(experiment: Experiment) -> Data:
    """The images as the experiment uses them: ImageNet's networks read pictures from a folder.

    Raises:
        InvalidSetting, DataError: they are missing, unusable or too few.
    """
    selection = Selection.of(experiment)
    return catalog.load_folder(selection) if selection.on_disk else catalog.load(selection)


def feed(data: Data, experiment: Experiment, execution: Execution) -> Feed:
    """Prepare the images for training; pictures are not opened yet.

    Raises:
        InvalidSetting: the batch is larger than the training set.
    """
    if isinstance(data, ImageFolder):
        return _pictures(data, experiment, execution)
    batches = Batches(data.train, experiment, execution)
    subset = fixed_subset(data.train, experiment.evaluation_images)
    return Feed(
        batches,
        Evaluation(subset, batches.mean, execution),
        Evaluation(data.test, batches.mean, execution),
    )


def _pictures(data: ImageFolder, experiment: Experiment, execution: Execution) -> Feed:
    decoders = Decoders()
    batches = PictureBatches(data, experiment, execution, decoders)
    chosen = class_order(data.train.labels, equal=True)[: experiment.evaluation_images]
    size = min(_MOST_EVALUATED, experiment.batch_size)
    train, test = (
        PictureEvaluation(pictures, batches, data.image_size, size, execution, decoders)
        for pictures in (data.train.take(chosen), data.test)
    )
    return Feed(batches, train, test, decoders)
