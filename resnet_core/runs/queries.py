"""Runs, read: for pages, laboratories and the command line. Nothing here writes; no torch.

Runs of this home folder come from the index; recordings, which ship with the project,
from `assets/recorded`. Both have the same type.
"""

from __future__ import annotations

import dataclasses
import logging
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from resnet_core.errors import CheckpointError, PlaygroundError, RunNotFound, WrongState
from resnet_core.runs import store
from resnet_core.runs.cifar10 import with_available_images
from resnet_core.runs.database import SELECT, to_run
from resnet_core.runs.folder import RunFolder, of_run, read_run
from resnet_core.runs.record import RunRecord, check_id
from resnet_core.system import disk
from resnet_core.training.checkpoint.folder import WEIGHTS, newest_checkpoint

if TYPE_CHECKING:
    from resnet_core.runs.curves import Telemetry

RECORDED = Path(__file__).parents[2] / "assets" / "recorded"
_log = logging.getLogger(__name__)


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


def runs() -> list[RunRecord]:
    """Return the runs of this home folder, newest first.

    Raises:
        PlaygroundError: the index cannot be read.
    """
    return store.of_home().newest()


def run(run_id: str) -> RunRecord:
    """Return the run with this id, of this home folder or recorded.

    Raises:
        RunNotFound: there is none.
    """
    check_id(run_id)
    try:
        return store.of_home().get(run_id)
    except RunNotFound:
        for record in recorded():
            if record.id == run_id:
                return record
        raise


def group(name: str) -> list[RunRecord]:
    """Return the runs that were started together, in the order they were given."""
    query = f'{SELECT} WHERE "group" = ? ORDER BY created, id'
    rows = store.of_home().database.read(lambda c: c.execute(query, (name,)).fetchall())
    return [to_run(row) for row in rows]


def family(run_id: str) -> list[RunRecord]:
    """Return the run's tree of forks, from its oldest known ancestor on, oldest first.

    Raises:
        RunNotFound: there is no such run.
    """
    records = {record.id: record for record in [*recorded(), *runs()]}
    root = run(run_id)
    while root.parent in records:
        root = records[root.parent]
    tree = {root.id: root}
    # A fork is younger than its parent, so one pass from the oldest on meets every descendant.
    for record in sorted(records.values(), key=lambda record: record.created):
        if record.parent in tree:
            tree[record.id] = record
    return list(tree.values())


def recorded() -> list[RunRecord]:
    """Return the recordings that ship with the project, oldest first."""
    if not RECORDED.is_dir():
        return []
    recordings = []
    for path in RECORDED.iterdir():
        try:
            run = _recording(path, (path / "run.json").stat().st_mtime_ns)
            recordings.append(with_available_images(run))
        except (FileNotFoundError, NotADirectoryError):
            continue  # laboratories' results, and files that describe the folder
        except PlaygroundError as error:
            _log.warning("A recording is left out. %s", error)
    return sorted(recordings, key=lambda record: (record.created, record.id))


def folder(record: RunRecord) -> RunFolder:
    """Return the run's folder."""
    return RunFolder(RECORDED / check_id(record.id)) if record.recorded else of_run(record.id)


def telemetry(run_id: str) -> Telemetry:
    """Return all measurements so far; empty for a run that has not started.

    Raises:
        RunNotFound: there is no such run.
    """
    return measured(run(run_id))


def measured(record: RunRecord) -> Telemetry:
    """Return `telemetry` of a run whose record is known already."""
    from resnet_core.runs import curves  # pandas and Arrow take a second to import

    return curves.read(folder(record))


def fork_points(run_id: str) -> list[int]:
    """Return the iterations whose checkpoints a fork can start from, rising."""
    record = run(run_id)
    return [] if record.recorded else folder(record).kept_iterations()


def log_tail(run_id: str, lines: int = 50) -> str:
    """Return the last lines of the worker's log; empty where there is none.

    Raises:
        RunNotFound: there is no such run.
    """
    path = folder(run(run_id)).log
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 400 * lines))
            text = file.read().decode("utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join(text.splitlines()[-lines:])


@lru_cache(maxsize=256)
def _recording(path: Path, modified: int) -> RunRecord:
    try:
        return dataclasses.replace(read_run(path), recorded=True)
    except TypeError as error:
        raise PlaygroundError("runs.recording_unreadable", recording=path.name) from error


def described(run_id: str) -> RunRecord:
    """Return the run as its own folder, or a recording's, describes it.

    Raises:
        RunNotFound: there is neither.
        PlaygroundError: the folder is damaged.
    """
    own = of_run(run_id).path
    if own.is_dir():
        return read_run(own)
    shipped = RECORDED / check_id(run_id)
    if not (shipped / "run.json").is_file():
        raise RunNotFound("runs.none", run=run_id[:64])
    return with_available_images(dataclasses.replace(read_run(shipped), recorded=True))


def weights(run: RunRecord) -> Weights:
    """Return the weights of its newest checkpoint whose manifest matches, or those that it is
    recorded with.

    Raises:
        WrongState: there are none.
        CheckpointError: they cannot be read.
    """
    files = folder(run)
    if files.weights.is_file():
        return Weights(files.weights, _sha256(files.weights), run.iteration)
    if newest := newest_checkpoint(files.checkpoints, [WEIGHTS]):
        return Weights(newest.path / WEIGHTS, newest.sha256[WEIGHTS], newest.iteration)
    raise WrongState(
        "runs.recorded_without_weights" if run.recorded else "runs.no_weights", title=run.title
    )


def _sha256(path: Path) -> str:
    try:
        return disk.file_checksum(path)
    except OSError as error:
        raise CheckpointError("runs.weights_unreadable", path=path, error=error) from error
