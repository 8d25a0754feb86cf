"""What a worker is given: the folder of a run or of a laboratory."""

from __future__ import annotations

from pathlib import Path

from resnet_core.labs.results.folder import LabFolder, is_laboratory
from resnet_core.runs.folder import RunFolder


def log(folder: Path) -> Path:
    """Where the worker's output goes."""
    return LabFolder(folder).log if is_laboratory(folder) else RunFolder(folder).log
