"""The frame of every worker: log, signals, lock, progress and requests, the outcome in the index.

A task does the work; how a worker that was killed ended, the supervisor records.
"""

from __future__ import annotations

import errno
import logging
import os
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from filelock import FileLock, Timeout

from resnet_core.errors import (
    InvalidSetting,
    PlaygroundError,
    ResultNotFound,
    RunNotFound,
    WrongState,
)
from resnet_core.runs.folder import JobFolder
from resnet_core.runs.record import RESUMABLE, Job, Kind, Request, RunRecord, State
from resnet_core.runs.store import NO_WORKER, Store
from resnet_core.system import disk, home, processes
from resnet_core.system.texts import Message
from resnet_core.telemetry.events import Measurement
from resnet_core.training import device

_REPORT_SECONDS = 0.25
_REQUEST_SECONDS = 0.05
# The rate is a mean over this long, evaluations and checkpoints included: time left depends on it.
_RATE_SECONDS = 10.0
_TRY_AGAIN_SECONDS = 5.0
_NICENESS = 5  # the web server goes first
_LOCK_PATIENCE = 5.0  # seconds; a killed worker's lock is released at once
# Seconds for which a full disk may hinder recording the outcome; other runs' checkpoints come and
# go, and each time there is a little room.
_OUTCOME_PATIENCE = 20.0
# A run that ended may be continued by hand; a laboratory is queued again from its beginning.
_STARTABLE: Mapping[Kind, frozenset[State]] = {
    "training": RESUMABLE | {"queued", "running"},
    "laboratory": frozenset({"queued", "running"}),
}
_NO_MEMORY = ("not enough memory", "can't allocate memory", "out of memory")
_LOST_GPU = ("cuda error", "device-side assert", "cublas_status", "cudnn_status", "mps backend")
_log = logging.getLogger(__name__)


class Requests:
    """Reader of the requests to a worker, at most twenty times a second.

    A worker needs no index to go on: while it cannot be read, the last request stands.
    """

    def __init__(self, store: Store, job_id: str) -> None:
        self._store = store
        self._job_id = job_id
        self._next = 0.0
        self._retry_at = 0.0
        self._request: Request | None = None

    @property
    def unreachable(self) -> bool:
        """Return whether the index failed within the last seconds."""
        return time.monotonic() < self._retry_at

    def latest(self) -> Request | None:
        """Return the request, read again when it is due."""
        return self._exchange({}) if time.monotonic() >= self._next else self._request

    def report(self, **fields: Any) -> Request | None:
        """Write progress to the index and return the request that stands there."""
        return self._exchange(fields)

    def _exchange(self, fields: dict[str, Any]) -> Request | None:
        self._next = time.monotonic() + _REQUEST_SECONDS
        try:
            if fields:
                self._request = self._store.report(self._job_id, **fields)
            else:
                self._request = self._store.requested(self._job_id)
        except RunNotFound:
            self._request = "stop"  # the run was deleted; there is nothing to train for
        except PlaygroundError as error:
            _log.warning("%s The work goes on.", error)
            self._next = self._retry_at = time.monotonic() + _TRY_AGAIN_SECONDS
        return self._request


class Progress:
    """A training's progress, reported at most four times a second.

    Attributes:
        unreported: columns of the index that are newer than the last report.
    """

    def __init__(self, requests: Requests, batch_size: int) -> None:
        self._requests = requests
        self._batch_size = batch_size
        self._reported = 0.0
        self._steps: deque[tuple[float, int]] = deque()
        self.unreported: dict[str, Any] = {}

    def measured(self, measurement: Measurement) -> None:
        """Note the seconds and errors, for the next report."""
        self.unreported["seconds"] = measurement.seconds
        for name in ("train_error", "test_error"):
            value = getattr(measurement, name)
            if value is not None:
                self.unreported[name] = value

    def stepped(self, iteration: int, seconds: float) -> Request | None:
        """Note an update and report when it is due; return the request to the worker."""
        now = time.monotonic()
        self.unreported |= {"iteration": iteration, "seconds": seconds}
        if now - self._reported < _REPORT_SECONDS or self._requests.unreachable:
            return self._requests.latest()
        self._reported = now
        self._add_rate(now, iteration)
        request = self._requests.report(**self.unreported)
        if not self._requests.unreachable:
            self.unreported = {}
        return request

    def _add_rate(self, now: float, iteration: int) -> None:
        self._steps.append((now, iteration))
        while len(self._steps) > 2 and now - self._steps[0][0] > _RATE_SECONDS:
            self._steps.popleft()
        since, first = self._steps[0]
        if now > since:
            rate = (iteration - first) * self._batch_size / (now - since)
            self.unreported["images_per_second"] = rate


@dataclass(frozen=True)
class Outcome:
    """The outcome of a job.

    Attributes:
        reason: a sentence for people.
        facts: further columns of the index.
        after: called once the outcome is recorded.
    """

    state: State
    reason: Message | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    after: Callable[[], None] = lambda: None


class Worker:
    """The process in which a task runs.

    Attributes:
        job: as it was when this worker took it over.
        terminated: whether the system asked the process to end (SIGTERM, Ctrl-C).
    """

    def __init__(self, store: Store, folder: Path, job: Job) -> None:
        self.store = store
        self.folder = folder
        self.job = job
        self.requests = Requests(store, job.id)
        self.terminated = False
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, self._terminate)

    def request(self) -> Request | None:
        """Return the request to the worker, as of the last 50 ms."""
        return self.requests.latest()

    def _terminate(self, _signal: int, _frame: FrameType | None) -> None:
        self.terminated = True


Task = Callable[[Worker], Outcome]


def work(path: Path, tasks: Mapping[Kind, Task]) -> int:
    """Do the job whose folder this is; return the exit code: 0 unless it failed or could not begin.

    Raises:
        PlaygroundError: there is no such folder.
    """
    folder = JobFolder(path.resolve())
    if not folder.path.is_dir():
        raise PlaygroundError("worker.no_folder", path=folder.path)
    home_folder = folder.path.parent.parent
    os.environ[home.VARIABLE] = str(home_folder)  # where a laboratory finds its networks
    store = Store(home_folder / home.database_path().name)
    _set_up_logging(folder.log)
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    device.keep_freed_memory()
    try:
        with FileLock(folder.lock, timeout=_LOCK_PATIENCE):
            job = _take_over(store, folder.path.name)
            outcome = _run(tasks[job.kind], Worker(store, folder.path, job))
            _log.info("%s: %s", outcome.state, outcome.reason or "")
            _record(store, job, outcome)
    except Timeout:
        _log.error("Another worker has this job; it goes on there.")
        return 1
    except PlaygroundError as error:
        _log.error("%s", error)
        return 1
    finally:
        store.close()
    return int(outcome.state == "failed")


def error_message(error: BaseException, job: Job) -> Message | None:
    """Return the sentence for an expected error; None for a bug, whose traceback matters."""
    training = isinstance(job, RunRecord)
    if isinstance(error, InvalidSetting):
        return Message("errors.worker.setting", field=error.field, reason=error.message)
    if isinstance(error, PlaygroundError):
        return error.message
    if is_full_disk(error):
        return Message("errors.worker.disk_full" if training else "errors.labs.disk_full")
    if is_out_of_memory(error):
        if not isinstance(job, RunRecord):
            return Message("errors.labs.out_of_memory")
        gpu, batch_size = isinstance(error, torch.OutOfMemoryError), job.experiment.batch_size
        return Message(
            "errors.worker.gpu_out_of_memory" if gpu else "errors.worker.out_of_memory",
            batch_size=batch_size,
            half=batch_size // 2,
        )
    if is_lost_gpu(error):
        key = "errors.worker.lost_gpu" if training else "errors.labs.lost_gpu"
        return Message(key, error=str(error).splitlines()[0])
    return None


def bug_message(error: BaseException, job: Job) -> Message:
    """Return the sentence for an unexpected error."""
    first = (str(error).splitlines() or [""])[0][:200]
    key = "errors.worker.bug" if isinstance(job, RunRecord) else "errors.labs.bug"
    return Message(key, error=f"{type(error).__name__}: {first}")


def is_full_disk(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in {*disk.FULL, errno.EFBIG}


def is_out_of_memory(error: BaseException) -> bool:
    by_type = isinstance(error, (MemoryError, torch.OutOfMemoryError))
    return by_type or _contains_any(str(error).lower(), _NO_MEMORY)


def is_lost_gpu(error: BaseException) -> bool:
    return isinstance(error, RuntimeError) and _contains_any(str(error).lower(), _LOST_GPU)


def _run(task: Task, worker: Worker) -> Outcome:
    try:
        return task(worker)
    except Exception as error:
        message = error_message(error, worker.job)
        if message is None:
            _log.exception("This is an error in the program.")
            message = bug_message(error, worker.job)
        return Outcome("failed", message)


def _take_over(store: Store, job_id: str) -> Job:
    """Record this process as the job's worker, which may have been started by hand.

    Raises:
        RunNotFound, WrongState: there is nothing to do.
    """
    job = store.job(job_id)
    if job is None:
        raise RunNotFound("runs.none", run=job_id)
    started = (isinstance(job, RunRecord) and job.started) or time.time()
    return store.change(
        job,
        _STARTABLE[job.kind],
        "worker.nothing_to_do",
        state="running",
        pid=os.getpid(),
        pid_created=processes.created(os.getpid()),
        heartbeat=time.time(),
        started=started,
        ended=None,
        exit_reason="",
    )


def _record(store: Store, job: Job, outcome: Outcome) -> None:
    """Record the outcome; on a full disk, again and again until there is room or time is up."""
    deadline = time.monotonic() + _OUTCOME_PATIENCE
    fields = {
        "state": outcome.state,
        "exit_reason": outcome.reason.dumps() if outcome.reason else "",
        "ended": time.time(),
        **NO_WORKER,
        **outcome.facts,
    }
    while True:
        try:
            store.change(job, {"running"}, same_worker=True, **fields)
            break
        except (RunNotFound, ResultNotFound, WrongState):
            raise
        except PlaygroundError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
    outcome.after()


def _set_up_logging(log: Path) -> None:
    """Log to the folder, and to the terminal if a person started this worker there."""
    handlers: list[logging.Handler] = [logging.FileHandler(log, encoding="utf-8")]
    if sys.stderr.isatty():
        handlers.append(logging.StreamHandler())
    logging.basicConfig(
        handlers=handlers, level=logging.INFO, format="%(asctime)s %(message)s", force=True
    )


def _contains_any(text: str, signs: tuple[str, ...]) -> bool:
    return any(sign in text for sign in signs)
