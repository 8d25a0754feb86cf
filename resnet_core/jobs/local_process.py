"""Workers as processes of this machine."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

from resnet_core.errors import PlaygroundError
from resnet_core.jobs import assignment
from resnet_core.jobs.engine import Handle
from resnet_core.jobs.spare import Spare
from resnet_core.system import environment, processes

# Seconds after a spare's death until the next one is tried: it may die of the same cause.
_PAUSE = 10.0


class LocalProcesses:
    """The embedded engine: each worker a process in its own session, known by its pid."""

    def __init__(self) -> None:
        self._spares: list[Spare] = []
        self._pause_until = 0.0
        # Our own children must be collected when they end; others are adopted.
        self._children: dict[int, subprocess.Popen[str]] = {}

    def prepare(self, free_slots: int) -> None:
        """Keep spares: one that forks serves every run, others serve one free slot each."""
        for spare in [spare for spare in self._spares if not spare.alive]:
            self._discard(spare)
        if time.monotonic() < self._pause_until:
            return
        wanted = (
            environment.spares() if environment.forks() else min(environment.spares(), free_slots)
        )
        while len(self._spares) < wanted:
            try:
                self._spares.append(Spare())
            except OSError:
                # No room for another process now; runs start without it.
                self._pause_until = time.monotonic() + _PAUSE
                return

    def start(self, run_id: str, run_dir: Path) -> Handle:
        while self._spares:
            spare = self._spares[0]
            try:
                handle, process = spare.begin(run_id, run_dir)
            except PlaygroundError:
                self._discard(spare)
                continue
            if process is not None:
                self._spares.pop(0)
                self._children[process.pid] = process
            return handle
        return self._start_cold(run_id, run_dir)

    def alive(self, handle: Handle) -> bool:
        if handle.pid is None:
            return False
        child = self._children.get(handle.pid)
        if child is not None and child.poll() is not None:
            del self._children[handle.pid]
            return False
        return processes.alive(handle.pid, handle.pid_created)

    def kill(self, handle: Handle) -> None:
        if handle.pid is not None:
            processes.kill(handle.pid, handle.pid_created)

    def close(self) -> None:
        for spare in self._spares:
            spare.close()
        self._spares.clear()

    def _discard(self, spare: Spare) -> None:
        spare.close()
        self._spares.remove(spare)
        self._pause_until = time.monotonic() + _PAUSE

    def _start_cold(self, run_id: str, run_dir: Path) -> Handle:
        try:
            with assignment.log(run_dir).open("ab") as log:
                process = processes.start(["worker", str(run_dir)], stdout=log)
        except OSError as error:
            raise PlaygroundError(
                f"The system cannot start a worker ({error.strerror}); close other programs, "
                f"then start it again."
            ) from error
        self._children[process.pid] = process
        return Handle(run_id, process.pid, processes.created(process.pid))
