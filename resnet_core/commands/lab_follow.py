"""Watching a laboratory from a terminal until it has ended."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from resnet_core.commands.follow import terminable
from resnet_core.errors import WrongState
from resnet_core.jobs import laboratories, supervisor
from resnet_core.labs.results import results
from resnet_core.labs.results.results import Result
from resnet_core.runs.record import ENDED

_TICK = 0.2  # seconds
_ENSURE = 2.0
# After Ctrl-C: for the event under way; the supervisor kills a worker that takes longer.
_STOP_PATIENCE = 30.0


def follow(lab_id: str) -> Result:
    """Show progress until the laboratory has ended; a supervisor is kept running meanwhile.

    Ctrl-C and SIGTERM stop the laboratory and exit. What has ended already needs neither.
    """
    found = results.read(lab_id)
    if found.state in ENDED:
        return found
    with terminable():
        try:
            with _display(found.request.laboratory) as show:
                return _watch(lab_id, show)
        except KeyboardInterrupt:
            _stop(lab_id)
            sys.exit(130)


def _watch(lab_id: str, show: _Lines | _Bar, patience: float | None = None) -> Result:
    ensured = 0.0
    deadline = None if patience is None else time.monotonic() + patience
    while True:
        if time.monotonic() - ensured > _ENSURE:
            supervisor.ensure_running()
            ensured = time.monotonic()
        found = results.read(lab_id)
        show.update(found)
        if found.state in ENDED or (deadline is not None and time.monotonic() > deadline):
            return found
        time.sleep(_TICK)


def _stop(lab_id: str) -> None:
    click.echo("Stopping ...", err=True)
    try:
        laboratories.stop(lab_id)
    except WrongState:
        return  # it has ended by itself
    _watch(lab_id, _Lines(), patience=_STOP_PATIENCE)


class _Lines:
    """One line on standard error for each change of state."""

    def __init__(self) -> None:
        self._state = ""

    def update(self, result: Result) -> None:
        if result.state != self._state:
            self._state = result.state
            said = f"{result.request.laboratory}: {result.state}. {result.reason}"
            click.echo(said.strip(), err=True)


class _Bar:
    """A progress bar, on standard error."""

    def __init__(self, progress: Progress, laboratory: str) -> None:
        self._progress = progress
        self._task = progress.add_task(laboratory, total=None, state="queued")

    def update(self, result: Result) -> None:
        done = result.progress
        self._progress.update(
            self._task,
            completed=done.done if done else 0,
            total=done.total if done else None,
            state=result.state,
        )


@contextmanager
def _display(laboratory: str) -> Iterator[_Lines | _Bar]:
    if not sys.stderr.isatty():
        yield _Lines()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[state]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield _Bar(progress, laboratory)
