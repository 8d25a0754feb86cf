"""Watching runs from a terminal until they have ended."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from resnet_core.commands.output import duration, percent
from resnet_core.errors import WrongState
from resnet_core.jobs import queue, supervisor
from resnet_core.runs import queries
from resnet_core.runs.record import ACTIVE, RunRecord

_TICK = 0.2  # seconds
_ENSURE = 2.0
# After Ctrl-C: for the iteration under way and a checkpoint.
_STOP_PATIENCE = 30.0


def follow(ids: Sequence[str], seconds: float | None = None) -> list[RunRecord]:
    """Show progress until every run has ended; a supervisor is kept running meanwhile.

    Ctrl-C and SIGTERM stop the runs and exit, once they have saved their state.

    Args:
        seconds: look no longer than this; the runs go on.

    Returns:
        The runs as they ended, or as they are by then, in the order given.
    """
    with terminable():
        try:
            with _display(ids) as show:
                return _watch(ids, show, seconds)
        except KeyboardInterrupt:
            _stop(ids)
            sys.exit(130)


def _watch(
    ids: Sequence[str], show: _Lines | _Bars, patience: float | None = None
) -> list[RunRecord]:
    ensured = 0.0
    deadline = None if patience is None else time.monotonic() + patience
    while True:
        if time.monotonic() - ensured > _ENSURE:
            supervisor.ensure_running()
            ensured = time.monotonic()
        found = [queries.run(run_id) for run_id in ids]
        show.update(found)
        over = deadline is not None and time.monotonic() > deadline
        if over or not any(run.state in ACTIVE for run in found):
            return found
        time.sleep(_TICK)


def _stop(ids: Sequence[str]) -> None:
    click.echo("Stopping; each run saves its state first ...", err=True)
    for run_id in ids:
        try:
            queue.stop(run_id)
        except WrongState:
            continue  # it has ended by itself
    ended = _watch(ids, _Lines(), patience=_STOP_PATIENCE)
    for run in ended:
        if run.state != "finished":
            click.echo(f"To go on: python -m resnet_core runs resume {run.id}", err=True)


class _Lines:
    """One line on standard error for each change of a run's state."""

    def __init__(self) -> None:
        self._states: dict[str, str] = {}

    def update(self, runs: Sequence[RunRecord]) -> None:
        for run in runs:
            if self._states.get(run.id) != run.state:
                self._states[run.id] = run.state
                click.echo(f"{run.title}: {run.state}. {run.reason}".strip(), err=True)


class _Bars:
    """A progress bar a run, on standard error."""

    def __init__(self, progress: Progress, ids: Sequence[str]) -> None:
        self._progress = progress
        self._tasks = {run_id: progress.add_task("", note="") for run_id in ids}

    def update(self, runs: Sequence[RunRecord]) -> None:
        for run in runs:
            self._progress.update(
                self._tasks[run.id],
                description=escape(run.title),
                completed=run.iteration,
                total=run.experiment.iterations,
                note=_note(run),
            )


def _note(run: RunRecord) -> str:
    error = f"training error {percent(run.train_error)}" if run.train_error is not None else ""
    left = f"{duration(run.seconds_left)} left" if run.seconds_left is not None else run.state
    return f"{left}  {error}"


@contextmanager
def _display(ids: Sequence[str]) -> Iterator[_Lines | _Bars]:
    if not sys.stderr.isatty():
        yield _Lines()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield _Bars(progress, ids)


@contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM means what Ctrl-C means."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
