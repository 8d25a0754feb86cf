"""Progress of jobs in a terminal, until they have ended."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import TYPE_CHECKING, Generic, TypeVar

import click
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from resnet_core.commands.output import duration, percent
from resnet_core.errors import WrongState
from resnet_core.jobs import queue, supervisor
from resnet_core.runs import queries
from resnet_core.runs.record import ACTIVE, RunRecord, State

if TYPE_CHECKING:
    from resnet_core.labs.results.results import Result

_TICK = 0.2  # seconds
_ENSURE = 2.0
# After Ctrl-C: for the iteration or event under way and a checkpoint.
_STOP_TIMEOUT = 30.0

Job = TypeVar("Job", RunRecord, "Result")


@dataclass(frozen=True)
class _Status:
    """The state of a job as a terminal shows it."""

    id: str
    title: str
    state: State
    reason: str
    completed: float
    total: float | None
    note: str


class _Display:
    """Jobs on standard error: a progress bar each, or a line for each change of a state.

    Args:
        progress: the bars; None: lines.
    """

    def __init__(self, progress: Progress | None = None) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}
        self._states: dict[str, str] = {}

    def update(self, jobs: Sequence[_Status]) -> None:
        for job in jobs:
            if self._progress is not None:
                self._update_bar(self._progress, job)
            elif self._states.get(job.id) != job.state:
                self._states[job.id] = job.state
                click.echo(f"{job.title}: {job.state}. {job.reason}".strip(), err=True)

    def _update_bar(self, progress: Progress, job: _Status) -> None:
        if job.id not in self._tasks:
            self._tasks[job.id] = progress.add_task("", total=None, note="")
        task, title = self._tasks[job.id], escape(job.title)
        progress.update(
            task, description=title, completed=job.completed, total=job.total, note=job.note
        )


@dataclass(frozen=True)
class _Watcher(Generic[Job]):
    """Functions that read, show and stop jobs of one kind."""

    read: Callable[[], list[Job]]
    status: Callable[[Job], _Status]
    stop: Callable[[], object]
    columns: Sequence[ProgressColumn] = ()

    def follow(self, seconds: float | None = None) -> list[Job]:
        """Show progress until every job has ended; keep a supervisor running meanwhile.

        Ctrl-C and SIGTERM stop the jobs and exit, once they have saved their state.

        Args:
            seconds: watch no longer than this; the jobs go on.
        """
        with _interruptible():
            try:
                _raise_held()
                with _displayed(self.columns) as display:
                    return self.watch(display, seconds)
            except KeyboardInterrupt:
                self.stop()
                sys.exit(130)

    def watch(self, display: _Display, seconds: float | None = None) -> list[Job]:
        ensured = 0.0
        deadline = None if seconds is None else time.monotonic() + seconds
        while True:
            if time.monotonic() - ensured > _ENSURE:
                supervisor.ensure_running()
                ensured = time.monotonic()
            jobs = self.read()
            display.update([self.status(job) for job in jobs])
            late = deadline is not None and time.monotonic() > deadline
            if late or not any(job.state in ACTIVE for job in jobs):
                return jobs
            time.sleep(_TICK)


def follow_runs(ids: Sequence[str], seconds: float | None = None) -> list[RunRecord]:
    """Show progress until every run has ended, or for `seconds`; see `_Watcher.follow`.

    Returns:
        The runs as they ended, or as they are by then, in the order given.
    """

    def stop() -> None:
        click.echo("Stopping; each run saves its state first ...", err=True)
        for run_id in ids:
            with suppress(WrongState):  # it has ended by itself
                queue.stop(run_id)
        for run in watcher.watch(_Display(), _STOP_TIMEOUT):
            if run.state != "finished":
                click.echo(f"To go on: python -m resnet_core runs resume {run.id}", err=True)

    watcher = _Watcher(lambda: [queries.run(run_id) for run_id in ids], _run_status, stop)
    return watcher.follow(seconds)


def follow_laboratory(lab_id: str) -> Result:
    """Show progress until the laboratory has ended; one that has ended needs no supervisor."""
    from resnet_core.jobs import laboratories
    from resnet_core.labs.results import results

    def stop() -> None:
        click.echo("Stopping ...", err=True)
        try:
            laboratories.stop(lab_id)
        except WrongState:
            return  # it has ended by itself
        # The supervisor kills a worker that takes longer.
        watcher.watch(_Display(), _STOP_TIMEOUT)

    result = results.read(lab_id)
    if result.state not in ACTIVE:
        return result
    watcher = _Watcher(
        lambda: [results.read(lab_id)], _result_status, stop, [TimeRemainingColumn()]
    )
    return watcher.follow()[0]


def _run_status(run: RunRecord) -> _Status:
    error = f"training error {percent(run.train_error)}" if run.train_error is not None else ""
    left = f"{duration(run.seconds_left)} left" if run.seconds_left is not None else run.state
    total = run.experiment.iterations
    note = f"{left}  {error}"
    return _Status(run.id, run.title, run.state, run.reason, run.iteration, total, note)


def _result_status(result: Result) -> _Status:
    progress = result.progress
    return _Status(
        result.id,
        result.request.laboratory,
        result.state,
        result.reason,
        progress.steps if progress else 0,
        progress.total if progress else None,
        result.state,
    )


@contextmanager
def _displayed(more_columns: Sequence[ProgressColumn]) -> Iterator[_Display]:
    if not sys.stderr.isatty():
        yield _Display()
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        *more_columns,
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield _Display(progress)


@contextmanager
def held_interrupts() -> Iterator[None]:
    """Hold Ctrl-C and SIGTERM back from the submission of jobs until they are followed.

    `_Watcher.follow` then stops the jobs. Otherwise an interrupt between the two would end this
    process and leave the jobs running.
    """

    def hold(number: int, _frame: FrameType | None) -> None:
        _held.append(number)

    with _handled_by(hold):
        yield
    _raise_held()


_held: list[int] = []  # signals that came while they were held back


def _raise_held() -> None:
    if _held:
        _held.clear()
        raise KeyboardInterrupt


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let SIGTERM interrupt as Ctrl-C does."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handled_by(interrupt):
        yield


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handlers in before.items():
            signal.signal(number, handlers)
