"""How far a laboratory's result has come: `state.json` in its folder.

Whoever changes it holds one lock for a moment and says which state the change starts from,
so that pages, the command line, the supervisor and the worker can all act at once.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock, Timeout

from resnet_core.errors import PlaygroundError
from resnet_core.labs.results.folder import LabFolder, write_whole
from resnet_core.system import liveness

# waiting -> running -> finished | stopped | failed. What has ended can be asked for again.
State = Literal["waiting", "running", "finished", "stopped", "failed"]
ENDED: frozenset[State] = frozenset({"finished", "stopped", "failed"})

# A worker that was started must have said its pid by then, seconds, even from a slow disk.
_START_PATIENCE = 180.0
_LOCK_PATIENCE = 15.0
STOPPED = "It was asked to stop; what it had found until then is kept."
KILLED = "The worker was killed or the machine stopped; run the laboratory again."
_DAMAGED = "Its state.json is damaged; run the laboratory again."


@dataclass(frozen=True)
class Status:
    """What is known of a result's computation.

    Attributes:
        reason: one sentence on how it ended, for people.
        asked, started, ended: seconds since the epoch.
        hardware: the processor or GPU that computes it.
        pid, pid_created: the worker's, while it runs.
    """

    state: State
    reason: str = ""
    asked: float = 0.0
    started: float | None = None
    ended: float | None = None
    hardware: str = ""
    pid: int | None = None
    pid_created: float | None = None

    @property
    def seconds(self) -> float | None:
        """How long it has computed, or did."""
        if self.started is None:
            return None
        return max(0.0, (self.ended or time.time()) - self.started)


def read(folder: LabFolder) -> Status:
    """The status as it is written; a worker may have died since, see `true`."""
    try:
        said = json.loads(folder.state.read_text(encoding="utf-8"))
        known = {field.name for field in dataclasses.fields(Status)}
        return Status(**{name: value for name, value in said.items() if name in known})
    except (OSError, ValueError, TypeError, AttributeError):
        return Status("failed", _DAMAGED)


def true(folder: LabFolder, status: Status) -> Status:
    """The status, but of a running worker that has died, how it truly ended."""
    if status.state != "running" or not _dead(status):
        return status
    now = read(folder)  # its last words may have come since
    return died(folder, now) if now.state == "running" and now.pid == status.pid else now


def died(folder: LabFolder, status: Status) -> Status:
    """How a running worker ended that did not say so itself."""
    stopped = folder.stop.exists()
    return dataclasses.replace(
        status,
        state="stopped" if stopped else "failed",
        reason=STOPPED if stopped else KILLED,
        ended=_last_sign(folder) or status.started,
        pid=None,
        pid_created=None,
    )


def write(folder: LabFolder, status: Status) -> None:
    """Put a status in place; the caller holds `held`."""
    write_whole(folder.state, json.dumps(dataclasses.asdict(status), indent=2))


def change(folder: LabFolder, allowed: Collection[State], **fields: Any) -> Status | None:
    """Change a status that is in one of the allowed states; None where it is not.

    Raises:
        PlaygroundError: the disk is full, or somebody holds the lock.
    """
    with held(folder.path.parent):
        found = read(folder)
        if found.state not in allowed or not folder.order.exists():
            return None
        changed = dataclasses.replace(found, **fields)
        write(folder, changed)
        return changed


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Nobody else changes a result in this folder of results meanwhile; for milliseconds.

    Raises:
        PlaygroundError: somebody holds it for long.
    """
    lock = FileLock(folder / "desk.lock")
    try:
        lock.acquire(timeout=_LOCK_PATIENCE)
    except Timeout as error:
        raise PlaygroundError(
            f"Another program holds {folder / 'desk.lock'}; close it and try again."
        ) from error
    try:
        yield
    finally:
        lock.release()


def _dead(status: Status) -> bool:
    if status.pid is None:
        return time.time() - (status.started or 0.0) > _START_PATIENCE
    return not liveness.alive(status.pid, status.pid_created)


def _last_sign(folder: LabFolder) -> float | None:
    try:
        return folder.events.stat().st_mtime
    except OSError:
        return None
