"""The one process that starts workers and notices their ends; it outlives the web server.

It trusts only the index and the operating system: after its own death the next one
adopts the workers that still run and goes on with the queue.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import time
from pathlib import Path
from types import FrameType

from filelock import FileLock, Timeout

from resnet_core.errors import PlaygroundError
from resnet_core.jobs.dead_workers import bury, note, note_end
from resnet_core.jobs.engine import Engine
from resnet_core.jobs.laboratories import Laboratories
from resnet_core.runs.folder import of_run
from resnet_core.runs.store import Store, of_home
from resnet_core.system import environment, home, processes

# A queued run waits at most this long to be noticed, seconds; a look costs 0.1 ms.
_TICK = 0.05
_WATCH = 0.25
_log = logging.getLogger(__name__)
# Ours, by home folder, to be collected when they end.
_started: dict[Path, subprocess.Popen[str]] = {}


class Supervisor:
    """Claims queued runs while slots are free, and records which workers have died.

    Laboratories work beside the runs: `Laboratories` sees to them.
    """

    def __init__(self, store: Store, engine: Engine, slots: int) -> None:
        self._store = store
        self._engine = engine
        self._slots = slots
        self._watched = 0.0
        self._laboratories = Laboratories(engine)

    def step(self) -> bool:
        """Look once; returns whether any run or laboratory waits or works."""
        active = self._store.in_states({"queued", "running"})
        running = [run for run in active if run.state == "running"]
        if time.monotonic() - self._watched > _WATCH:
            self._watched = time.monotonic()
            running = [run for run in running if not bury(self._store, self._engine.alive, run)]
        free = max(self._slots - len(running), 0)
        self._engine.prepare(free)
        if any(run.state == "queued" for run in active):
            self._launch(free)
        asking = self._laboratories.step()
        return bool(active) or asking

    def _launch(self, free: int) -> None:
        for _ in range(free):
            run = self._store.claim()
            if run is None:
                return
            try:
                handle = self._engine.start(run.id, of_run(run.id).path)
            except PlaygroundError as error:
                note_end(self._store, run, "failed", str(error))
                continue
            _log.info("started %s as process %s", run.id, handle.pid)
            note(self._store, run, pid=handle.pid, pid_created=handle.pid_created)


def supervise(engine: Engine) -> None:
    """Serve this home folder until there is nothing to do and nobody asks.

    Returns at once where another supervisor serves it already.
    """
    folder = home.home()
    lock = FileLock(folder / "supervisor.lock")
    try:
        lock.acquire(timeout=1.0)
    except Timeout:
        return
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, _leave)
    try:
        _write_identity(folder)
        _loop(Supervisor(of_home(), engine, environment.slots()))
    finally:
        engine.close()
        lock.release()


def _loop(supervisor: Supervisor) -> None:
    busy_until = time.time()
    while True:
        try:
            if supervisor.step():
                busy_until = time.time()
        except PlaygroundError:
            # A full disk or a locked index passes; workers go on meanwhile.
            _log.exception("the index could not be used; trying again")
            time.sleep(1.0)
        if time.time() - max(busy_until, _last_wanted()) > environment.idle_seconds():
            return
        time.sleep(_TICK)


def ensure_running() -> None:
    """Start a supervisor for this home folder unless one runs; a matter of 0.1 ms if so.

    Called by everything that has an interest in runs, every few seconds.

    Raises:
        PlaygroundError: it cannot be started.
    """
    folder = home.home()
    (folder / "supervisor.wanted").touch()
    ours = _started.get(folder)
    if (ours is not None and ours.poll() is None) or is_running():
        return
    try:
        with (folder / "supervisor.log").open("ab") as log:
            _started[folder] = processes.start(["supervise"], stdout=log)
    except OSError as error:
        raise PlaygroundError(
            f"The process that starts training cannot be started ({error.strerror}); "
            f"close other programs and try again."
        ) from error


def is_running() -> bool:
    """Whether a supervisor serves this home folder."""
    pid, created = identity()
    return pid is not None and processes.alive(pid, created)


def identity() -> tuple[int | None, float | None]:
    """Pid and creation time of the last supervisor of this home folder; it may have ended."""
    try:
        said = json.loads((home.home() / "supervisor.json").read_text(encoding="utf-8"))
        return int(said["pid"]), float(said["created"])
    except (FileNotFoundError, json.JSONDecodeError, KeyError, TypeError):
        return None, None


def _write_identity(folder: Path) -> None:
    pid = os.getpid()
    said = json.dumps({"pid": pid, "created": processes.created(pid)})
    (folder / "supervisor.json").write_text(said, encoding="utf-8")


def _last_wanted() -> float:
    try:
        return (home.home() / "supervisor.wanted").stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
