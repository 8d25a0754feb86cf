"""What the supervisor asks of whatever executes workers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Handle:
    """A worker that was started; made again from the index after the supervisor's own restart.

    Attributes:
        pid, pid_created: the local process and when it was created, seconds since the epoch;
            None where the engine knows the worker by the run's id.
    """

    run_id: str
    pid: int | None = None
    pid_created: float | None = None


class Engine(Protocol):
    """Executes `python -m resnet_core worker RUN_DIR`, somewhere."""

    def prepare(self, free_slots: int) -> None:
        """Get ready to start up to this many workers soon. Called often; must be cheap."""

    def start(self, run_id: str, run_dir: Path) -> Handle:
        """Start a worker that outlives this process.

        Raises:
            PlaygroundError: it cannot be started; the sentence says why.
        """

    def alive(self, handle: Handle) -> bool:
        """Whether the worker still executes, whichever process started it."""

    def kill(self, handle: Handle) -> None:
        """End the worker at once; one that has ended is left alone."""

    def close(self) -> None:
        """Let go of what was prepared. Workers that were started go on."""
