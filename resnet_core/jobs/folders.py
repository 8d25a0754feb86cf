"""Putting aside and deleting what lies in a run's folder."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

from resnet_core.errors import PlaygroundError
from resnet_core.runs.folder import RunFolder
from resnet_core.system import home


def put_aside(folder: RunFolder, attempt: int) -> None:
    """Keep an attempt's telemetry and log apart; its checkpoints go."""
    aside = folder.attempts / str(attempt)
    aside.mkdir(parents=True, exist_ok=True)
    for path in (folder.stream, folder.compacted, folder.log):
        if path.exists():
            path.replace(aside / path.name)
    if folder.checkpoints.exists():
        delete_folder(folder.checkpoints)


def delete_folder(path: Path) -> None:
    """Delete a folder of a run, first out of sight so that nobody meets half of it."""
    if home.runs_folder() not in path.parents or path.is_symlink():
        raise PlaygroundError(f"{path} is not a folder of runs; it was left alone.")
    if not path.exists():
        return
    doomed = path.with_name(f".deleted-{path.name}-{secrets.token_hex(3)}")
    try:
        path.replace(doomed)
        shutil.rmtree(doomed)
    except OSError as error:
        raise PlaygroundError(
            f"{path} could not be deleted whole ({error.strerror}); close what has it open and "
            f"delete it by hand."
        ) from error
