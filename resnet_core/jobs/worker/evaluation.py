"""A run's errors, computed again from its weights on disk."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import safetensors.torch

from resnet_core.data.dataset import ImageSet
from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet.image_folder import ImageFolder
from resnet_core.errors import CheckpointError, InvalidSetting
from resnet_core.labs.tools import trained_network
from resnet_core.labs.tools.trained_network import TrainedNetwork
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord
from resnet_core.specs.names import is_imagenet
from resnet_core.training.checkpoint.files import load_checkpoint
from resnet_core.training.checkpoint.folder import checkpoint_at, newest_checkpoint
from resnet_core.training.device import Execution
from resnet_core.training.images import fixed_subset, load
from resnet_core.training.multi_crop import Views, errors
from resnet_core.training.session import Session
from resnet_core.weights.images import Images
from resnet_core.weights.trial import misclassified


def evaluate(run_id: str, iteration: int | None = None) -> dict[str, Any]:
    """Return training and test error of a checkpoint, percent, and their numbers of images.

    Args:
        iteration: of the checkpoint; None: the newest that is whole.

    Raises:
        RunNotFound: there is no such run.
        WrongState: it is a recording without weights.
        CheckpointError: there is no such checkpoint, or it is damaged.
        DataError: the run's data are gone.
    """
    run = queries.run(run_id)
    if run.imported:
        return _evaluate_imported(run)
    with closing(_session(run, iteration)) as session:
        train_error, test_error = session.evaluate()
    dataset = session.state.data
    return {
        "id": run_id,
        "iteration": session.state.iteration,
        "data": dataset.name,
        "train_error": train_error,
        "train_images": min(run.experiment.evaluation_images, len(dataset.train)),
        "test_error": test_error,
        "test_images": len(dataset.test),
    }


def evaluate_views(run_id: str, views: Views, iteration: int | None = None) -> dict[str, Any]:
    """Return top-1 and top-5 error on the test pictures, by one of the views of section 3.4.

    Raises:
        InvalidSetting: the network is not one for ImageNet, or cannot be tested so.
        RunNotFound, WrongState, CheckpointError, DataError: as `evaluate`.
    """
    run = queries.run(run_id)
    if not is_imagenet(run.experiment.network):
        raise InvalidSetting("views", "evaluation.single_view", network=run.experiment.network)
    if run.imported:
        raise InvalidSetting("views", "evaluation.views_imported", title=run.title)
    with closing(_session(run, iteration)) as session, closing(Decoders()) as decoders:
        state, data = session.state, session.state.data
        assert isinstance(data, ImageFolder)
        mean = state.batches.mean
        result = errors(state.model, data.test, mean, views, state.execution, decoders)
    return {
        "id": run_id,
        "iteration": session.state.iteration,
        "data": data.name,
        "views": views,
        "top1_error": result.top1,
        "top5_error": result.top5,
        "n": result.n,
    }


def _session(run: RunRecord, iteration: int | None) -> Session:
    """Return a session at a checkpoint, or at a recording's final weights."""
    data = load(run.experiment)
    if run.recorded:
        weights = safetensors.torch.load(queries.weights(run).path.read_bytes())
        return Session(
            run.experiment, data, initial_weights=weights, first=run.iteration, eager=True
        )
    folder = queries.folder(run).checkpoints
    if iteration is not None:
        path = checkpoint_at(folder, iteration)
    elif newest := newest_checkpoint(folder):
        path = newest.path
    else:
        raise CheckpointError("evaluation.no_weights", title=run.title)
    return Session(run.experiment, data, load_checkpoint(path), eager=True)


def _evaluate_imported(run: RunRecord) -> dict[str, Any]:
    """Return `evaluate` of an imported run: its images are prepared as it was trained with, and it
    has no iteration."""
    network = trained_network.load(run.id)
    data = network.dataset
    train = fixed_subset(data.train, run.experiment.evaluation_images)
    return {
        "id": run.id,
        "iteration": None,
        "data": data.name,
        "train_error": _imported_error(network, train),
        "train_images": len(train),
        "test_error": _imported_error(network, data.test),
        "test_images": len(data.test),
    }


def _imported_error(network: TrainedNetwork, images: ImageSet) -> float:
    """Return the top-1 error, percent."""
    labelled = Images(network.dataset.name, images, network.mean, "")
    execution = Execution(network.device, "fp32")
    model = execution.place(network.model())
    wrong = misclassified(model, network.normalization, labelled, execution)
    return 100 * wrong.double().mean().item()
