"""Engines, which execute workers for the supervisor, and the one that starts local processes."""

from __future__ import annotations

import contextlib
import json
import select
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from resnet_core.errors import PlaygroundError
from resnet_core.runs.folder import JobFolder
from resnet_core.system import environment, processes


@dataclass(frozen=True)
class Handle:
    """A worker that was started; made again from the index after the supervisor's own restart.

    Attributes:
        job_id: of a run or a laboratory.
        pid, pid_created: the local process and when it was created, seconds since the epoch;
            None where the engine knows the worker by the job's id.
    """

    job_id: str
    pid: int | None = None
    pid_created: float | None = None


class Engine(Protocol):
    """Executes `python -m resnet_core worker FOLDER`, somewhere."""

    def prepare(self, free_slots: int) -> None:
        """Get ready to start up to this many workers soon. Called often; must be cheap."""

    def start(self, job_id: str, folder: Path) -> Handle:
        """Start a worker that outlives this process.

        Raises:
            PlaygroundError: it cannot be started.
        """

    def alive(self, handle: Handle) -> bool:
        """Return whether the worker still executes, whichever process started it."""

    def kill(self, handle: Handle) -> None:
        """End the worker at once; one that has ended is left alone."""

    def close(self) -> None:
        """Release what was prepared. Workers that were started go on."""


# Seconds after a spare's death until the next one is tried: it may die of the same cause.
_PAUSE = 10.0
# Importing torch takes some 3 s from a warm disk and a minute from a cold slow one.
_SPARE_PATIENCE = 120.0


class LocalProcesses:
    """The embedded engine: each worker a process in its own session, known by its pid."""

    def __init__(self) -> None:
        self._spares: list[Spare] = []
        self._pause_until = 0.0
        # Our own children must be collected when they end; others are adopted.
        self._children: dict[int, subprocess.Popen[str]] = {}

    def prepare(self, free_slots: int) -> None:
        """Keep spares: one that forks serves every job, others serve one free slot each.

        Workers that have ended are collected, so that none stays behind as a zombie.
        """
        self._children = {pid: c for pid, c in self._children.items() if c.poll() is None}
        for spare in [spare for spare in self._spares if not spare.alive]:
            self._discard(spare)
        if time.monotonic() < self._pause_until:
            return
        spares = environment.read().spare_workers
        number = spares if environment.read().fork else min(spares, free_slots)
        while len(self._spares) < number:
            try:
                self._spares.append(Spare())
            except OSError:
                # No room for another process now; jobs start without it.
                self._pause_until = time.monotonic() + _PAUSE
                return

    def start(self, job_id: str, folder: Path) -> Handle:
        while self._spares:
            spare = self._spares[0]
            try:
                handle, process = spare.begin(job_id, folder)
            except PlaygroundError:
                self._discard(spare)
                continue
            if process is not None:
                self._spares.pop(0)
                self._children[process.pid] = process
            return handle
        return self._start_cold(job_id, folder)

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

    def _start_cold(self, job_id: str, folder: Path) -> Handle:
        try:
            with JobFolder(folder).log.open("ab") as log:
                process = processes.start(["worker", str(folder)], stdout=log)
        except OSError as error:
            raise PlaygroundError("jobs.cannot_start_worker", error=error) from error
        self._children[process.pid] = process
        return Handle(job_id, process.pid, processes.created(process.pid))


class Spare:
    """`python -m resnet_core worker --wait`, at the other end of two pipes.

    Where it can fork it starts any number of workers and returns their pids; elsewhere it
    becomes the one worker itself. It ends when this process does.
    """

    def __init__(self) -> None:
        self._forks = environment.read().fork
        self._process = processes.start(
            ["worker", "--wait", *(["--fork"] if self._forks else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE if self._forks else subprocess.DEVNULL,
            stderr=None,
        )

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def begin(self, job_id: str, folder: Path) -> tuple[Handle, subprocess.Popen[str] | None]:
        """Have it work on a job.

        Returns:
            The worker's handle, and its process where that is the spare itself.

        Raises:
            PlaygroundError: it died, or did not answer.
        """
        try:
            assert self._process.stdin is not None
            self._process.stdin.write(json.dumps(str(folder)) + "\n")
            self._process.stdin.flush()
        except OSError as error:
            raise PlaygroundError("jobs.spare_died") from error
        pid = self._read_pid() if self._forks else self._process.pid
        handle = Handle(job_id, pid, processes.created(pid))
        return handle, None if self._forks else self._process

    def _read_pid(self) -> int:
        stdout = self._process.stdout
        assert stdout is not None
        ready, _, _ = select.select([stdout], [], [], _SPARE_PATIENCE)
        line = stdout.readline() if ready else ""
        if not line:
            raise PlaygroundError("jobs.spare_silent")
        return int(line)

    def close(self) -> None:
        """Let it end; a worker that it has become or started goes on."""
        for pipe in (self._process.stdin, self._process.stdout):
            # It may have died with unread text in the pipe.
            with contextlib.suppress(OSError):
                if pipe is not None:
                    pipe.close()
