"""A run's newest verified weights, found without torch and without the index."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from resnet_core.errors import CheckpointError, RunNotFound, WrongState
from resnet_core.runs import queries
from resnet_core.runs.cifar10 import on_the_sample
from resnet_core.runs.folder import of_run, read_run
from resnet_core.runs.record import RunRecord, check_id
from resnet_core.system import disk
from resnet_core.training.checkpoint.folder import WEIGHTS, newest_checkpoint


@dataclass(frozen=True)
class Weights:
    """A network's state dict on disk.

    Attributes:
        path: a safetensors file.
        sha256: of the file; the same for the same weights.
        iteration: after how many updates.
    """

    path: Path
    sha256: str
    iteration: int


def described(run_id: str) -> RunRecord:
    """Return the run as its own folder, or a recording's, describes it; on images at hand.

    Raises:
        RunNotFound: there is neither.
        PlaygroundError: the folder is damaged.
    """
    own = of_run(run_id).path
    if own.is_dir():
        return read_run(own)
    shipped = queries.RECORDED / check_id(run_id)
    if not (shipped / "run.json").is_file():
        raise RunNotFound("runs.none", run=run_id[:64])
    return on_the_sample(dataclasses.replace(read_run(shipped), recorded=True))


def find(run: RunRecord) -> Weights:
    """Return the weights of its newest checkpoint whose manifest matches, or those that it is
    recorded with.

    Raises:
        WrongState: there are none.
        CheckpointError: they cannot be read.
    """
    folder = queries.folder(run)
    if folder.weights.is_file():
        return Weights(folder.weights, _sha256(folder.weights), run.iteration)
    if newest := newest_checkpoint(folder.checkpoints, [WEIGHTS]):
        return Weights(newest.path / WEIGHTS, newest.sha256[WEIGHTS], newest.iteration)
    raise WrongState(
        "runs.recorded_without_weights" if run.recorded else "runs.no_weights", title=run.title
    )


def _sha256(path: Path) -> str:
    try:
        return disk.file_checksum(path)
    except OSError as error:
        raise CheckpointError("runs.weights_unreadable", path=path, error=error) from error
