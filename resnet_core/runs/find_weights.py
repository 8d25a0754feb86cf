"""Where a run's newest whole weights lie, found without torch and without the index."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from resnet_core.errors import CheckpointError, RunNotFound, WrongState
from resnet_core.runs import queries, run_file
from resnet_core.runs.cifar_copies import with_images_at_hand
from resnet_core.runs.folder import of_run
from resnet_core.runs.record import RunRecord, check_id
from resnet_core.training.checkpoint.folder import WEIGHTS, file_sha256, newest_checkpoint


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
    """The run as its own folder, or a recording's, tells it.

    Raises:
        RunNotFound: there is neither.
        PlaygroundError: the folder is damaged.
    """
    own = of_run(run_id).path
    if own.is_dir():
        return run_file.read(own)
    shipped = queries.RECORDED / check_id(run_id)
    if not (shipped / "run.json").is_file():
        raise RunNotFound(f"There is no run {run_id[:64]!r}; `runs list` shows those there are.")
    return with_images_at_hand(dataclasses.replace(run_file.read(shipped), recorded=True))


def find(run: RunRecord) -> Weights:
    """The weights of its newest checkpoint that is whole, or those that it is recorded with.

    Raises:
        WrongState: there are none.
        CheckpointError: they cannot be read.
    """
    folder = queries.folder(run)
    if folder.weights.is_file():
        return Weights(folder.weights, _sha256(folder.weights), run.iteration)
    if newest := newest_checkpoint(folder.checkpoints, [WEIGHTS]):
        return Weights(newest.path / WEIGHTS, newest.sha256[WEIGHTS], newest.iteration)
    advice = "it is recorded without" if run.recorded else "let it train for a while"
    raise WrongState(f"{run.title} has no weights on disk; {advice}.")


def _sha256(path: Path) -> str:
    try:
        return file_sha256(path)
    except OSError as error:
        raise CheckpointError(f"The weights {path} cannot be read ({error.strerror}).") from error
