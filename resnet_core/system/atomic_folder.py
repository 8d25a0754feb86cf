"""A folder that is handed over whole or not at all."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from resnet_core.errors import PlaygroundError
from resnet_core.system import disk, folder_lock

_PREFIX = ".exporting-"


@contextmanager
def filled(folder: Path) -> Iterator[Path]:
    """A place to write what `folder` is to hold; it arrives there when all of it is written.

    A new folder appears in one step. One that is there and empty, which may be a mounted disk,
    gets its files by renaming. After an error there is nothing new on the disk; what a killed
    process has left there is cleared away by the next one that fills a folder at the same place.

    Raises:
        PlaygroundError: the folder holds something already, cannot be written to, or the disk
            is full.
    """
    try:
        with disk.full_disk_explained(folder, "system.disk_full_export"):
            there = folder.is_dir()
            parent = folder if there else folder.parent
            _sweep(parent)
            _check_empty(folder)
            parent.mkdir(parents=True, exist_ok=True)
            place, lock = _claimed(parent)
            try:
                yield place
                if there:
                    _move_up(place, folder)
                else:
                    disk.replace(place, folder)
            finally:
                shutil.rmtree(place, ignore_errors=True)
                folder_lock.forget(lock)
    except OSError as error:
        raise PlaygroundError("system.folder_unwritable", folder=folder, reason=error) from error


def _sweep(parent: Path) -> None:
    """Clear away what exports that were killed have left here."""
    for place in folder_lock.deserted(parent, f"{_PREFIX}*"):
        shutil.rmtree(place, ignore_errors=True)


def _claimed(parent: Path) -> tuple[Path, FileLock]:
    """A new hidden folder whose lock is held by this process."""
    while True:
        place = parent / f"{_PREFIX}{secrets.token_hex(6)}"
        if (lock := folder_lock.claim(place)) is None:
            continue
        try:
            place.mkdir()
        except OSError:
            folder_lock.forget(lock)
            raise
        return place, lock


def _check_empty(folder: Path) -> None:
    occupied = next(folder.iterdir(), None) if folder.exists() else None
    if occupied is not None:
        raise PlaygroundError("system.folder_occupied", folder=folder, name=occupied.name)


def _move_up(place: Path, folder: Path) -> None:
    """Each entry of the place into the folder around it; all of them or none."""
    moved: list[Path] = []
    try:
        for entry in sorted(place.iterdir()):
            disk.replace(entry, folder / entry.name)
            moved.append(folder / entry.name)
    except OSError:
        for path in moved:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise
