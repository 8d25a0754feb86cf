"""When a worker saves a checkpoint."""

from __future__ import annotations

import time
from pathlib import Path

from resnet_core.experiments.experiment import Experiment
from resnet_core.training.checkpoint.files import save_checkpoint
from resnet_core.training.session import Session


def kept_at(experiment: Experiment, first: int = 0) -> frozenset[int]:
    """Iterations whose checkpoints stay, evenly spaced up to the last, which always stays."""
    number = max(experiment.keep_checkpoints, 1)
    return frozenset(
        first + (experiment.iterations - first) * part // number for part in range(1, number + 1)
    ) - {first}


class Savepoints:
    """Saves at kept iterations, and otherwise when `seconds` have passed since the last time."""

    def __init__(self, folder: Path, kept: frozenset[int], seconds: float) -> None:
        self._folder = folder
        self._kept = kept
        self._seconds = seconds
        self._last = time.monotonic()

    def after_step(self, session: Session) -> None:
        """Save if it is time to.

        Raises:
            PlaygroundError: the disk is full.
        """
        due = time.monotonic() - self._last >= self._seconds
        if due or session.state.iteration in self._kept:
            self.save(session)

    def save(self, session: Session) -> None:
        """Save now; between two iterations, so that resuming goes on exactly here."""
        kept = session.state.iteration in self._kept
        save_checkpoint(self._folder, session.checkpoint(), kept=kept)
        self._last = time.monotonic()
