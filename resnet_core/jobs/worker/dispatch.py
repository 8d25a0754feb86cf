"""One job: `python -m resnet_core worker FOLDER`, for a run or a laboratory."""

from __future__ import annotations

from pathlib import Path

from resnet_core.jobs.worker import laboratory, training
from resnet_core.labs.results.folder import is_laboratory


def work(folder: Path) -> int:
    """Do what the folder asks for; returns the exit code: 0 unless it failed.

    Raises:
        PlaygroundError: there is no such folder.
    """
    return laboratory.work(folder) if is_laboratory(folder) else training.work(folder)
