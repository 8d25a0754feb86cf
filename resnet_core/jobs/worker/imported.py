"""The errors of a network that was trained elsewhere, its images prepared as it was trained."""

from __future__ import annotations

from typing import Any

from resnet_core.data.dataset import ImageSet
from resnet_core.labs.tools import trained_network
from resnet_core.labs.tools.trained_network import TrainedNetwork
from resnet_core.runs.record import RunRecord
from resnet_core.training.device import Execution
from resnet_core.training.evaluation.evaluation import fixed_subset
from resnet_core.weights.images import Images
from resnet_core.weights.trial import misclassified


def evaluate(run: RunRecord) -> dict[str, Any]:
    """As `evaluation.evaluate`, for a run that was imported: there are no iterations to tell."""
    subject = trained_network.load(run.id)
    data = subject.dataset
    train = fixed_subset(data.train, run.experiment.evaluation_images)
    return {
        "id": run.id,
        "iteration": None,
        "data": data.name,
        "train_error": _error(subject, train),
        "train_images": len(train),
        "test_error": _error(subject, data.test),
        "test_images": len(data.test),
    }


def _error(subject: TrainedNetwork, images: ImageSet) -> float:
    """Percent, first choice."""
    shown = Images(subject.dataset.name, images, subject.mean, "")
    execution = Execution(subject.device, "fp32")
    model = execution.place(subject.model())
    wrong = misclassified(model, subject.normalization, shown, execution)
    return 100 * wrong.double().mean().item()
