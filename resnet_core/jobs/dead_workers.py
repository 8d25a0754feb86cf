"""The truth about workers that died without a word."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable
from typing import Any

from resnet_core.errors import RunNotFound, WrongState
from resnet_core.jobs.engine import Handle
from resnet_core.runs.folder import of_run
from resnet_core.runs.record import RunRecord, State
from resnet_core.runs.store import Store, of_home
from resnet_core.system import processes

# A worker that was started must have said its pid by then, seconds, even from a slow disk.
_START_PATIENCE = 180.0
_log = logging.getLogger(__name__)


def bury(store: Store, alive: Callable[[Handle], bool], run: RunRecord) -> bool:
    """Record a running run as interrupted if its worker is dead.

    Returns:
        Whether it is.
    """
    if run.pid is None:
        dead = time.time() - (run.heartbeat or run.created) > _START_PATIENCE
    else:
        dead = not alive(Handle(run.id, run.pid, run.pid_created))
    if dead:
        note_end(
            store,
            run,
            "interrupted",
            f"The worker was killed or the machine stopped near iteration {run.iteration}. "
            f"Resume the run: it {where_it_resumes(run)}.",
        )
    return dead


def bury_all() -> None:
    """Record the deaths of this machine's workers, for whoever asks without a supervisor."""
    for run in of_home().in_states({"running"}):
        bury(of_home(), alive_here, run)


def alive_here(handle: Handle) -> bool:
    return handle.pid is not None and processes.alive(handle.pid, handle.pid_created)


def where_it_resumes(run: RunRecord) -> str:
    saved = of_run(run.id).kept_iterations()
    return f"goes on from iteration {saved[-1]}" if saved else "starts from the beginning"


def note_end(store: Store, run: RunRecord, state: State, reason: str) -> None:
    """Record how a running run ended, unless it has said so itself by now."""
    _log.info("%s %s: %s", run.id, state, reason)
    note(
        store,
        run,
        state=state,
        exit_reason=reason,
        ended=time.time(),
        request=None,
        pid=None,
        pid_created=None,
    )


def note(store: Store, run: RunRecord, **fields: Any) -> None:
    """Change a running run; where its worker's last words came first, they stand."""
    with contextlib.suppress(WrongState, RunNotFound):
        store.change(run.id, {"running"}, "{title} is {state}.", **fields)
