"""Dead workers: jobs whose process ended without recording an outcome."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any

from resnet_core.errors import ResultNotFound, RunNotFound, WrongState
from resnet_core.jobs.engine import Handle
from resnet_core.runs.folder import RunFolder
from resnet_core.runs.record import Job, RunRecord, State
from resnet_core.runs.store import NO_WORKER, Store, of_home
from resnet_core.system import processes
from resnet_core.system.texts import Message

# A worker that was started must have reported its pid by then, seconds, even from a slow disk.
_START_PATIENCE = 180.0
_log = logging.getLogger(__name__)


def alive_here(handle: Handle) -> bool:
    """Return whether this machine still runs the process with this pid and creation time."""
    return handle.pid is not None and processes.alive(handle.pid, handle.pid_created)


def is_dead(job: Job, alive: Callable[[Handle], bool] = alive_here) -> bool:
    """Return whether the worker of a running job is dead."""
    if job.state != "running":
        return False
    if job.pid is None:
        return time.time() - (job.heartbeat or job.started or job.created) > _START_PATIENCE
    return not alive(Handle(job.id, job.pid, job.pid_created))


def end_if_dead(store: Store, job: Job, alive: Callable[[Handle], bool] = alive_here) -> bool:
    """Record a running job as interrupted, or stopped if it was asked to, if its worker is dead.

    Returns:
        Whether the worker is dead.
    """
    dead = is_dead(job, alive)
    if dead and job.request == "stop" and job.kind == "laboratory":
        end(store, job, "stopped", Message("errors.labs.stopped"))
    elif dead:
        end(store, job, "interrupted", _reason(store, job))
    return dead


def end_all_dead() -> None:
    """Record the deaths of this machine's workers where no supervisor does."""
    store = of_home()
    for job in store.jobs({"running"}):
        end_if_dead(store, job)


def end(store: Store, job: Job, state: State, reason: Message) -> None:
    """Record how a running job ended, unless its worker has recorded an outcome or another worker
    has started since `job` was read."""
    _log.info("%s %s: %s", job.id, state, reason)
    change = {"state": state, "exit_reason": reason.dumps(), "ended": time.time(), **NO_WORKER}
    change_running(store, job, **change)


def change_running(store: Store, job: Job, **fields: Any) -> None:
    """Change a running job; one that has ended or restarted since it was read stays as it is."""
    with contextlib.suppress(WrongState, RunNotFound, ResultNotFound):
        store.change(job, {"running"}, same_worker=True, **fields)


def resume_point(store: Store, run: RunRecord) -> Message:
    """Return the half sentence on where a run goes on if it is resumed."""
    iterations = RunFolder(store.folder(run)).kept_iterations()
    if not iterations:
        return Message("errors.runs.starts_again")
    return Message("errors.runs.goes_on", iteration=iterations[-1])


def _reason(store: Store, job: Job) -> Message:
    if not isinstance(job, RunRecord):
        return Message("errors.labs.killed")
    resumed = resume_point(store, job)
    return Message("errors.runs.killed", iteration=job.iteration, resumed=resumed)
