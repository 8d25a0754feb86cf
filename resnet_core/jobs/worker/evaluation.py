"""A run's errors, computed anew from its weights on disk."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import safetensors.torch

from resnet_core.data.decoding import Decoders
from resnet_core.data.imagenet.image_folder import ImageFolder
from resnet_core.errors import CheckpointError, InvalidSetting
from resnet_core.jobs.worker import imported
from resnet_core.runs import find_weights as weights_on_disk
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord
from resnet_core.specs.names import is_imagenet
from resnet_core.training.checkpoint.files import load_checkpoint
from resnet_core.training.checkpoint.folder import checkpoint_at, newest_checkpoint
from resnet_core.training.evaluation.multi_crop import Views, errors
from resnet_core.training.images import Data, load
from resnet_core.training.session import Session


def evaluate(run_id: str, iteration: int | None = None) -> dict[str, Any]:
    """Training and test error of a checkpoint, percent, and over how many images.

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
        return imported.evaluate(run)
    dataset = load(run.experiment)
    session = _recorded(run, dataset) if run.recorded else _saved(run, dataset, iteration)
    with closing(session):
        train_error, test_error = session.evaluate()
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
    """First-choice and top-5 error on the test pictures, in one of the ways of section 3.4.

    Raises:
        InvalidSetting: the network is not one for ImageNet, or cannot be tested so.
        RunNotFound, WrongState, CheckpointError, DataError: as `evaluate`.
    """
    run = queries.run(run_id)
    if not is_imagenet(run.experiment.network):
        raise InvalidSetting(
            "views",
            f"{run.experiment.network} is tested on the single view of each image (section 4.2); "
            f"leave --views out.",
        )
    if run.imported:
        raise InvalidSetting(
            "views", f"{run.title} is imported, with images of one size; leave --views out."
        )
    data = load(run.experiment)
    assert isinstance(data, ImageFolder)
    session = _recorded(run, data) if run.recorded else _saved(run, data, iteration)
    with closing(session), closing(Decoders()) as decoders:
        mean = session.state.batches.mean
        found = errors(
            session.state.model, data.test, mean, views, session.state.execution, decoders
        )
    return {
        "id": run_id,
        "iteration": session.state.iteration,
        "data": data.name,
        "views": views,
        "top1_error": found.top1,
        "top5_error": found.top5,
        "n": found.n,
    }


def _saved(run: RunRecord, dataset: Data, iteration: int | None) -> Session:
    folder = queries.folder(run).checkpoints
    if iteration is not None:
        path = checkpoint_at(folder, iteration)
    elif newest := newest_checkpoint(folder):
        path = newest.path
    else:
        raise CheckpointError(f"{run.title} has no weights on disk; train it first.")
    return Session(run.experiment, dataset, load_checkpoint(path), eager=True)


def _recorded(run: RunRecord, dataset: Data) -> Session:
    """A recording has its final weights and nothing that training could go on with."""
    weights = safetensors.torch.load(weights_on_disk.find(run).path.read_bytes())
    return Session(
        run.experiment, dataset, initial_weights=weights, first=run.iteration, eager=True
    )
