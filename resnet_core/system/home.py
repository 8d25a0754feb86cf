"""The one folder that holds everything the playground writes.

`RESIDUAL_PLAYGROUND_HOME` names it; without that it is the user data folder that
the operating system prescribes.
"""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path

from resnet_core.errors import PlaygroundError

VARIABLE = "RESIDUAL_PLAYGROUND_HOME"


def home() -> Path:
    """Return the folder, which is created where it is missing.

    Raises:
        PlaygroundError: the folder cannot be created or written to.
    """
    named = os.environ.get(VARIABLE, "").strip()
    folder = Path(named).expanduser() if named else user_data_path("residual-playground", False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PlaygroundError(
            "system.home_not_created", folder=folder, reason=error, variable=VARIABLE
        ) from error
    if not os.access(folder, os.W_OK):
        raise PlaygroundError("system.home_read_only", folder=folder, variable=VARIABLE)
    return folder.resolve()


def database_path() -> Path:
    """Return the path of the SQLite file with the index of jobs and the queue."""
    return home() / "playground.sqlite3"


def runs_folder() -> Path:
    """Return the folder of the runs: one folder each, named by the run's id."""
    return _subfolder("runs")


def labs_folder() -> Path:
    """Return the folder of the laboratories' results: one folder each, named by its id."""
    return _subfolder("labs")


def data_folder() -> Path:
    """Return the folder of downloaded and uploaded data sets."""
    return _subfolder("data")


def imports_folder() -> Path:
    """Return the folder in which imports are staged; it is empty at other times."""
    return _subfolder("imports")


def pictures_folder() -> Path:
    """Return the folder of uploaded pictures, named by the hash of their pixels."""
    return _subfolder("pictures")


def cache_folder() -> Path:
    """Return the folder of results that can be computed again, such as rendered shapes."""
    return _subfolder("cache")


def _subfolder(name: str) -> Path:
    folder = home() / name
    folder.mkdir(exist_ok=True)
    return folder
