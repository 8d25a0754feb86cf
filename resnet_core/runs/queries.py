"""Runs, read: for pages and the command line. Nothing here writes.

Runs of this home folder come from the index; recordings, which ship with the project,
from `assets/recorded`. Both have the same type.
"""

from __future__ import annotations

import dataclasses
import logging
import os
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from resnet_core.errors import PlaygroundError, RunNotFound
from resnet_core.runs import store
from resnet_core.runs.database import SELECT, to_run
from resnet_core.runs.folder import RunFolder, of_run, read_run
from resnet_core.runs.record import RunRecord, check_id

if TYPE_CHECKING:
    from resnet_core.runs.curves import Telemetry

RECORDED = Path(__file__).parents[2] / "assets" / "recorded"
_log = logging.getLogger(__name__)


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
            recordings.append(_recording(path, (path / "run.json").stat().st_mtime_ns))
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
