"""The interface between the supervisor and the backends that execute workers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


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
