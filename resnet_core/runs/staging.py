"""Where a run is put together out of sight until it is whole. No torch.

A folder here belongs to the process that holds the lock beside it. What a killed process has
left behind is cleared away by the next one that looks.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock

from resnet_core.errors import PlaygroundError, RunNotFound
from resnet_core.runs import store
from resnet_core.runs.record import check_id, new_id
from resnet_core.system import folder_lock, home


@contextmanager
def staged() -> Iterator[Path]:
    """A new folder named by a new run's id, on the runs' own disk; gone afterwards, unless it
    has become the run's.

    Raises:
        PlaygroundError: it cannot be made.
    """
    sweep()
    run_id, lock = _claimed()
    folder = home.imports_folder() / run_id
    try:
        folder.mkdir()
        yield folder
    except OSError as error:
        raise PlaygroundError(
            f"The folder {folder.parent} cannot be written to ({error.strerror}); free some space "
            f"or check its permissions."
        ) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        folder_lock.forget(lock)


def sweep() -> None:
    """Clear away what processes that are no more have left half-done."""
    for place in folder_lock.deserted(home.imports_folder(), "*"):
        shutil.rmtree(place, ignore_errors=True)
        _withdraw(place.name)


def _claimed() -> tuple[str, FileLock]:
    """A new id whose lock is held by this process and seen by all others."""
    while True:
        run_id = new_id()
        if (lock := folder_lock.claim(home.imports_folder() / run_id)) is not None:
            return run_id, lock


def _withdraw(run_id: str) -> None:
    """Remove a run's folder of which the index never heard: its process died in between."""
    try:
        store.of_home().get(check_id(run_id))
    except RunNotFound:
        with suppress(RunNotFound):
            shutil.rmtree(home.runs_folder() / check_id(run_id), ignore_errors=True)
