"""The supervisor's part for laboratories: one at a time, in the order in which they came."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

from resnet_core.errors import PlaygroundError
from resnet_core.jobs.engine import Engine, Handle
from resnet_core.labs import line, status
from resnet_core.labs.results.folder import LabFolder
from resnet_core.labs.status import Status

_WATCH = 0.25  # seconds
# Between two events of a laboratory that was asked to stop; it is killed after that.
_STOP_PATIENCE = 20.0
_log = logging.getLogger(__name__)


class Laboratories:
    """Starts the first of the line, beside whatever trains, and notices how it ends."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._watched = 0.0

    def step(self) -> bool:
        """Look once; returns whether a laboratory waits or runs."""
        folder = line.first()
        if folder is None:
            return False
        found = status.read(folder)
        if not folder.order.exists():
            _log.warning("%s has no folder any more", folder.id)
            line.leave(folder.id)
        elif found.state == "waiting":
            self._start(folder)
        elif found.state == "running":
            self._watch(folder, found)
        else:
            line.leave(folder.id)
        return True

    def _start(self, folder: LabFolder) -> None:
        begun = status.change(folder, {"waiting"}, state="running", started=time.time())
        if begun is None:
            return  # it was stopped in this moment
        try:
            handle = self._engine.start(folder.id, folder.path)
        except PlaygroundError as error:
            self._note_end(folder, replace(begun, state="failed", reason=str(error)))
            return
        _log.info("started %s as process %s", folder.id, handle.pid)
        with status.held(folder.path.parent):
            now = status.read(folder)
            if now.state == "running" and now.pid is None:
                said = replace(now, pid=handle.pid, pid_created=handle.pid_created)
                status.write(folder, said)

    def _watch(self, folder: LabFolder, found: Status) -> None:
        if time.monotonic() - self._watched < _WATCH:
            return
        self._watched = time.monotonic()
        handle = Handle(folder.id, found.pid, found.pid_created)
        if found.pid is None:
            dead = status.true(folder, found).state != "running"
        else:
            dead = not self._engine.alive(handle)
        if dead:
            self._note_end(folder, status.died(folder, found))
        elif _asked_to_stop(folder) > _STOP_PATIENCE:
            _log.warning("%s does not stop; it is killed", folder.id)
            self._engine.kill(handle)

    def _note_end(self, folder: LabFolder, ended: Status) -> None:
        """Record it, unless the worker has said so itself by now."""
        _log.info("%s %s: %s", folder.id, ended.state, ended.reason)
        status.change(
            folder,
            {"running"},
            state=ended.state,
            reason=ended.reason,
            ended=ended.ended,
            pid=None,
            pid_created=None,
        )


def _asked_to_stop(folder: LabFolder) -> float:
    """Seconds since it was; 0: it was not."""
    try:
        return time.time() - folder.stop.stat().st_mtime
    except FileNotFoundError:
        return 0.0
