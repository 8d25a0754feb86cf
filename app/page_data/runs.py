"""Runs as pages show them: by id, by group, and as a list. No interface in here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator

from app.page_state.query import PageState
from resnet_core.errors import PlaygroundError, RunNotFound
from resnet_core.runs import imported, queries, store
from resnet_core.runs.folder import read_experiment
from resnet_core.runs.imported import Imported
from resnet_core.runs.record import ACTIVE, RESUMABLE, RunRecord, State

PAGE = 10  # twice what a screen shows; a browser takes 25 ms to draw a row

Kind = Literal["all", "active", "resumable", "finished", "diverged", "imported"]

# What a list can be narrowed to, in the order in which that is offered.
KINDS: Mapping[Kind, frozenset[State] | None] = {
    "all": None,
    "active": ACTIVE,
    "resumable": RESUMABLE,
    "finished": frozenset({"finished"}),
    "diverged": frozenset({"diverged"}),
    "imported": frozenset({"imported"}),
}


class RunsState(PageState):
    """The page Runs.

    Attributes:
        search: words that a run's text holds, all of them.
        run: the id of the run whose details are shown, or "".
    """

    kind: Kind = "all"
    search: Annotated[str, AfterValidator(lambda text: text[:200])] = ""
    run: Annotated[str, AfterValidator(lambda run_id: run_id[:64])] = ""


@dataclass(frozen=True)
class Listed:
    """One page of a list.

    Attributes:
        runs: those on the page.
        matching: how many match on all pages.
        pages: at least 1.
        queued: how many wait, to know who is last.
    """

    runs: Sequence[RunRecord]
    matching: int
    pages: int
    queued: int


def active_runs() -> list[RunRecord]:
    """Return the runs that train or wait for it, in the order of the queue."""
    return store.of_home().in_states(ACTIVE)


def group_of_runs(name: str) -> list[RunRecord]:
    """Return the runs that were started together under this name, here or recorded."""
    return queries.group(name) or [run for run in queries.recorded() if run.group == name]


def find_runs(ids: Iterable[str]) -> tuple[list[RunRecord], list[str]]:
    """Return the runs with these ids, and the ids that no run has."""
    runs, missing = [], []
    for run_id in ids:
        try:
            runs.append(queries.run(run_id))
        except RunNotFound:
            missing.append(run_id)
    return runs, missing


def source_of(run: RunRecord) -> Imported | None:
    """Return the origin of weights that were trained elsewhere; None for other runs, and where the
    file that says so is gone, which `damage_of` reports."""
    try:
        return imported.of(run)
    except PlaygroundError:
        return None


def damage_of(run: RunRecord) -> str | None:
    """Return what is missing of a run's files: "folder", "experiment" or "source", else None."""
    files = queries.folder(run)
    try:
        state = files.experiment.stat()
    except OSError:
        return "experiment" if files.path.is_dir() else "folder"
    if not _is_readable(files.experiment, state.st_mtime_ns, state.st_size):
        return "experiment"
    return "source" if run.imported and source_of(run) is None else None


@lru_cache(maxsize=4096)
def _is_readable(experiment: Path, modified: int, size: int) -> bool:
    """Read once for each state of the file: a list asks for every row, every second."""
    try:
        read_experiment(experiment.read_text(encoding="utf-8"))
    except (OSError, ValueError, PlaygroundError):
        return False
    return True


def listed(records: Sequence[RunRecord], kind: Kind, search: str, page: int) -> Listed:
    """Return a page of the runs that match.

    Args:
        records: all there are, newest first.
        page: counted from 1; a page beyond the last is the last.
    """
    runs = matching(records, kind, search)
    pages = max(1, math.ceil(len(runs) / PAGE))
    first = (min(max(page, 1), pages) - 1) * PAGE
    return Listed(
        runs=runs[first : first + PAGE],
        matching=len(runs),
        pages=pages,
        queued=sum(record.state == "queued" for record in records),
    )


def matching(records: Sequence[RunRecord], kind: Kind, search: str) -> list[RunRecord]:
    """Return all runs of a kind whose name, network, data, state or id holds every search word.

    Newest first, so that no row moves when a run starts or ends; active ones alone in the order
    in which they train.
    """
    states = KINDS[kind]
    words = search.lower().split()
    runs = [
        record
        for record in records
        if (states is None or record.state in states)
        and (not words or all(word in _text(record) for word in words))
    ]
    return sorted(runs, key=_order) if kind == "active" else runs


def counts(records: Sequence[RunRecord]) -> dict[Kind, int]:
    """Return how many runs there are of each kind."""
    return {
        kind: len(records) if states is None else sum(record.state in states for record in records)
        for kind, states in KINDS.items()
    }


def _order(record: RunRecord) -> tuple[int, float]:
    """Running, then the queue as it will start."""
    if record.state == "running":
        return 0, record.started or record.created
    return 1, record.position


def _text(record: RunRecord) -> str:
    experiment = record.experiment
    parts = (
        *(record.title, experiment.network, record.data_title, experiment.data),
        *(record.state, record.id, record.group, f"seed {experiment.seed}"),
    )
    return " ".join(parts).lower()
