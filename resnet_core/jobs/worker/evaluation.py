"""A run's errors, computed anew from its weights on disk."""

from __future__ import annotations

from typing import Any

import safetensors.torch

from resnet_core.data import catalog
from resnet_core.data.dataset import Dataset
from resnet_core.errors import CheckpointError
from resnet_core.runs import queries
from resnet_core.runs import weights as weights_on_disk
from resnet_core.runs.record import RunRecord
from resnet_core.training import checkpoint
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
    e = run.experiment
    dataset = catalog.load(e.data, e.image_size, e.train_images, e.test_images, e.validation)
    session = _recorded(run, dataset) if run.recorded else _saved(run, dataset, iteration)
    train_error, test_error = session.evaluate()
    return {
        "id": run_id,
        "iteration": session.iteration,
        "data": dataset.name,
        "train_error": train_error,
        "train_images": min(e.evaluation_images, len(dataset.train)),
        "test_error": test_error,
        "test_images": len(dataset.test),
    }


def _saved(run: RunRecord, dataset: Dataset, iteration: int | None) -> Session:
    folder = queries.folder(run).checkpoints
    path = checkpoint.newest(folder) if iteration is None else checkpoint.at(folder, iteration)
    if path is None:
        raise CheckpointError(f"{run.title} has no weights on disk; train it first.")
    return Session(run.experiment, dataset, checkpoint.load(path))


def _recorded(run: RunRecord, dataset: Dataset) -> Session:
    """A recording has its final weights and nothing that training could go on with."""
    weights = safetensors.torch.load(weights_on_disk.find(run).path.read_bytes())
    return Session(run.experiment, dataset, initial_weights=weights, first=run.iteration)
