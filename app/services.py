"""Commands of pages: the queue's own, after a check of the visitor's rights, before a check that a
supervisor runs.

What they raise is a sentence for people; `NotAllowed` where the visitor has not the right.
Pages ask questions of the core directly.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.background import measurements
from app.roles import visitor
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import laboratories, queue, supervisor
from resnet_core.labs.results import results
from resnet_core.labs.results.request import LabRequest
from resnet_core.runs.record import ACTIVE, RunRecord


def submit(experiments: Sequence[Experiment], group: str | None = None) -> list[RunRecord]:
    """Queue the experiments together, or none of them.

    Raises:
        InvalidSetting, DataError: names the field and the nearest good value.
    """
    visitor.check_training(experiments)
    records = queue.submit(experiments, group)
    visitor.started(records)
    _train()
    return records


def resume(run_id: str) -> None:
    """Queue a run that stands still, to go on from its last checkpoint.

    Raises:
        RunNotFound, WrongState, NotAllowed
    """
    visitor.check_change(run_id)
    visitor.check_run(run_id)
    queue.resume(run_id)
    _train()


def retry(run_id: str) -> None:
    """Queue a run that has ended, to begin again.

    Raises:
        RunNotFound, WrongState, NotAllowed
    """
    visitor.check_change(run_id)
    visitor.check_run(run_id)
    queue.retry(run_id)
    _train()


def fork(run_id: str, iteration: int, **changes: Any) -> RunRecord:
    """Queue a run that starts from another's checkpoint with some settings changed.

    Raises:
        RunNotFound, InvalidSetting, WrongState, NotAllowed
    """
    visitor.check_run(run_id, **changes)
    record = queue.fork(run_id, iteration, **changes)
    visitor.started([record])
    _train()
    return record


def pause(run_id: str) -> None:
    """Have a run wait until it is resumed.

    Raises:
        RunNotFound, WrongState, NotAllowed
    """
    visitor.check_change(run_id)
    queue.pause(run_id)
    ensure_supervisor()


def stop(run_id: str, now: bool = False) -> None:
    """End a run after its present iteration, or at once without a checkpoint.

    Raises:
        RunNotFound, WrongState, NotAllowed
    """
    visitor.check_change(run_id)
    queue.stop(run_id, now)
    ensure_supervisor()


def delete(run_id: str) -> None:
    """Remove a run with all its files.

    Raises:
        RunNotFound, WrongState, NotAllowed
    """
    visitor.check_change(run_id)
    queue.delete(run_id)
    ensure_supervisor()


def move(run_id: str, position: int) -> None:
    """Give a queued run another place in the queue, counted from 1.

    Raises:
        RunNotFound, WrongState, NotAllowed
    """
    visitor.check_machine()
    queue.move(run_id, position)
    ensure_supervisor()


def ensure_supervisor() -> None:
    """Have queued runs started, by this machine's one supervisor.

    Raises:
        PlaygroundError: it cannot be started.
    """
    supervisor.ensure_running()


def submit_lab(request: LabRequest, again: bool = False) -> str:
    """Queue a laboratory and return the id of its result, which may exist already.

    Args:
        again: compute it here even where there is a result, own or recorded.

    Raises:
        PlaygroundError: it cannot be written down.
    """
    visitor.check_laboratory()
    existing = results.find(request.id) if again else None
    if existing is not None and existing.state not in ACTIVE:
        laboratories.retry(request.id)
    else:
        laboratories.submit(request)
    visitor.started([request.id])
    ensure_supervisor()
    return request.id


def stop_lab(lab_id: str) -> None:
    """Stop a laboratory; its result so far stays.

    Raises:
        ResultNotFound, WrongState, NotAllowed
    """
    visitor.check_change(lab_id)
    laboratories.stop(lab_id)


def _train() -> None:
    """Make room for a training that may start at once, and have it started."""
    measurements.make_way()
    ensure_supervisor()
