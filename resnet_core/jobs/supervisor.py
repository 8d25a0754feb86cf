"""The one process that starts workers and notices their ends; it outlives the web server.

It relies only on the index and the operating system: after its own death the next one adopts the
workers that still run and continues the queue. Dead workers, whose process ended without
recording an outcome, are recorded by it, and by commands where no supervisor runs.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

from filelock import FileLock, Timeout

from resnet_core.errors import PlaygroundError, ResultNotFound, RunNotFound, WrongState
from resnet_core.jobs.engine import Engine, Handle
from resnet_core.runs import database
from resnet_core.runs.folder import RunFolder
from resnet_core.runs.record import ACTIVE, Job, Kind, RunRecord, State
from resnet_core.runs.store import NO_WORKER, Store, of_home
from resnet_core.system import environment, home, processes
from resnet_core.system.texts import Message

# A worker that was started must have reported its pid by then, seconds, even from a slow disk.
_START_PATIENCE = 180.0
# A queued job waits at most this long to be noticed, seconds; a look costs 0.1 ms.
_TICK = 0.05
_CHECK_SECONDS = 0.25
# For a laboratory with a request to stop, between two of its events; then it is killed.
_STOP_PATIENCE = 20.0
# The file that says who serves a home folder may have been damaged or not been written.
_IDENTITY_SECONDS = 2.0
# One of another version may be on its way out.
_LOCK_PATIENCE = 2.0
# This process's supervisors by home folder, to be collected when they end.
_children: dict[Path, subprocess.Popen[str]] = {}
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
    """Record a running job as interrupted, or stopped after a request, if its worker is dead.

    Returns:
        Whether the worker is dead.
    """
    dead = is_dead(job, alive)
    if dead and job.request == "stop" and job.kind == "laboratory":
        end(store, job, "stopped", Message("errors.labs.stopped"))
    elif dead:
        end(store, job, "interrupted", _reason(store, job))
    return dead


def current(store: Store, job_id: str) -> Job | None:
    """Return the job, once a dead worker of it is recorded: no supervisor may be running."""
    job = store.job(job_id)
    return store.job(job_id) if job is not None and end_if_dead(store, job) else job


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
    if not store.folder(job).exists():
        return Message("errors.runs.folder_gone", folder=store.folder(job))
    resumed = resume_point(store, job)
    return Message("errors.runs.killed", iteration=job.iteration, resumed=resumed)


class Supervisor:
    """Claims queued jobs while slots are free, and records which workers have died.

    Laboratories have a slot of their own beside the trainings.

    Args:
        slots: how many trainings run at the same time.
    """

    def __init__(self, store: Store, engine: Engine, slots: int) -> None:
        self._store = store
        self._engine = engine
        self._slots: dict[Kind, int] = {"training": slots, "laboratory": 1}
        self._checked = 0.0
        # Times of the first look at laboratories with a request to stop, `time.monotonic`.
        self._stopping: dict[str, float] = {}

    def step(self) -> bool:
        """Look once; returns whether any job is queued or runs."""
        active = self._store.jobs(ACTIVE)
        running = [job for job in active if job.state == "running"]
        if time.monotonic() - self._checked > _CHECK_SECONDS:
            self._checked = time.monotonic()
            running = [
                job for job in running if not end_if_dead(self._store, job, self._engine.alive)
            ]
            self._kill_unresponsive(running)
        for kind, slots in self._slots.items():
            free = max(slots - sum(job.kind == kind for job in running), 0)
            if kind == "training":
                self._engine.prepare(free)
            if any(job.kind == kind and job.state == "queued" for job in active):
                self._launch(kind, free)
        return bool(active)

    def _launch(self, kind: Kind, free: int) -> None:
        for _ in range(free):
            job = self._store.claim(kind)
            if job is None:
                return
            try:
                handle = self._engine.start(job.id, self._store.folder(job))
            except PlaygroundError as error:
                end(self._store, job, "failed", error.message)
                continue
            _log.info("started %s as process %s", job.id, handle.pid)
            change_running(self._store, job, pid=handle.pid, pid_created=handle.pid_created)

    def _kill_unresponsive(self, running: list[Job]) -> None:
        """Kill laboratories that have ignored a request to stop: an event may take long."""
        stopping = [job for job in running if job.kind == "laboratory" and job.request == "stop"]
        now = time.monotonic()
        self._stopping = {job.id: self._stopping.get(job.id, now) for job in stopping}
        for job in stopping:
            if now - self._stopping[job.id] > _STOP_PATIENCE:
                _log.warning("%s does not stop; it is killed", job.id)
                self._engine.kill(Handle(job.id, job.pid, job.pid_created))


class Identity(NamedTuple):
    """A supervisor's process, when it was created, and the version of the index it works on."""

    pid: int
    created: float
    index_version: int


def supervise(engine: Engine) -> None:
    """Serve this home folder until it is idle and no program has called `ensure_running` lately.

    Returns at once where another supervisor serves it already.
    """
    folder = home.home()
    lock = FileLock(folder / "supervisor.lock")
    try:
        lock.acquire(timeout=_LOCK_PATIENCE)
    except Timeout:
        return
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, _exit)
    try:
        _loop(Supervisor(of_home(), engine, environment.read().slots))
    finally:
        engine.close()
        lock.release()


def _loop(supervisor: Supervisor) -> None:
    busy_until = time.time()
    written = -_IDENTITY_SECONDS
    while True:
        if time.monotonic() - written > _IDENTITY_SECONDS:
            written = time.monotonic()
            _write_identity(home.home())
        try:
            if supervisor.step():
                busy_until = time.time()
        except PlaygroundError:
            # A full disk or a locked index passes; workers go on meanwhile.
            _log.exception("the index could not be used; trying again")
            time.sleep(1.0)
        if time.time() - max(busy_until, _last_wanted()) > environment.read().idle_seconds:
            return
        time.sleep(_TICK)


def ensure_running() -> None:
    """Start a supervisor for this home folder unless one runs; a matter of 0.1 ms if so.

    Called by everything that has an interest in jobs, every few seconds.

    Raises:
        PlaygroundError: it cannot be started.
    """
    folder = home.home()
    (folder / "supervisor.wanted").touch()
    child = _children.get(folder)
    if child is not None and child.poll() is None:
        return
    running = identity()
    if running is not None and processes.alive(running.pid, running.created):
        if running.index_version == database.VERSION:
            return
        # One of another version, which cannot use this index. Its workers go on without it.
        processes.kill(running.pid, running.created)
    try:
        with (folder / "supervisor.log").open("ab") as log:
            _children[folder] = processes.start(["supervise"], stdout=log)
    except OSError as error:
        raise PlaygroundError("jobs.cannot_start_supervisor", error=error) from error


def is_running() -> bool:
    """Return whether a supervisor serves this home folder."""
    last = identity()
    return last is not None and processes.alive(last.pid, last.created)


def identity() -> Identity | None:
    """Return the last supervisor of this home folder, which may have ended."""
    try:
        values = json.loads((home.home() / "supervisor.json").read_text(encoding="utf-8"))
        # Versions before the third of the index did not write it.
        found = Identity(
            int(values["pid"]), float(values["created"]), int(values.get("index_version", 2))
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return None
    return found if found.pid > 0 and found.created >= 0 else None  # damaged: as if absent


def _write_identity(folder: Path) -> None:
    pid = os.getpid()
    own = Identity(pid, processes.created(pid) or 0.0, database.VERSION)
    if identity() != own:
        with contextlib.suppress(OSError):  # a full disk; the loop tries again
            (folder / "supervisor.json").write_text(json.dumps(own._asdict()), encoding="utf-8")


def _last_wanted() -> float:
    try:
        return (home.home() / "supervisor.wanted").stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _exit(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
