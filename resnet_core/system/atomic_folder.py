"""Folders that are handed over whole or not at all, and the lock beside one that is being written.

The system releases a process's locks when it ends, however it ends; so what a killed process has
left can be told from what a living one is writing.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from resnet_core.errors import PlaygroundError
from resnet_core.system import disk

_PREFIX = ".exporting-"
_PATIENCE = 5.0  # seconds; a process that checks whether a lock is held has it for a moment


@contextmanager
def filled(folder: Path) -> Iterator[Path]:
    """Yield a place to write the content of `folder`; it arrives there when all of it is written.

    A new folder appears in one step. An existing empty one, which may be a mounted disk, gets its
    files by renaming. After an error there is nothing new on the disk; what a killed process has
    left there is removed by the next one that fills a folder at the same place.

    Raises:
        PlaygroundError: the folder holds something already, cannot be written to, or the disk
            is full.
    """
    try:
        with disk.full_disk_explained(folder, "system.disk_full_export"):
            exists = folder.is_dir()
            parent = folder if exists else folder.parent
            for place in deserted(parent, f"{_PREFIX}*"):
                shutil.rmtree(place, ignore_errors=True)
            _check_empty(folder)
            parent.mkdir(parents=True, exist_ok=True)
            with staged(parent, lambda: f"{_PREFIX}{secrets.token_hex(6)}") as place:
                yield place
                if exists:
                    _move_up(place, folder)
                else:
                    disk.replace(place, folder)
    except OSError as error:
        raise PlaygroundError("system.folder_unwritable", folder=folder, reason=error) from error


@contextmanager
def staged(parent: Path, new_name: Callable[[], str]) -> Iterator[Path]:
    """Yield a new folder whose lock this process holds; it is removed afterwards, unless it was
    renamed.

    Raises:
        OSError: the folder or its lock cannot be made.
    """
    lock = None
    while lock is None:
        place = parent / new_name()
        lock = _claimed(place)
    try:
        place.mkdir()
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)
        _release(lock)


def deserted(folder: Path, names: str) -> Iterator[Path]:
    """Yield the staged folders whose process has ended; each is locked until the next is taken.

    Args:
        names: a pattern, as for `Path.glob`.
    """
    for path in folder.glob(f"{names}.lock"):
        lock = FileLock(path)
        try:
            lock.acquire(timeout=0)
        except (Timeout, PermissionError):
            continue  # its process is at work, or it is another user's
        yield path.with_suffix("")
        _release(lock)


def _claimed(place: Path) -> FileLock | None:
    """Return the lock of a place that no other process uses; None: its file was removed meanwhile,
    and another place has to be named.

    On a disk without locks it is not held, and no process finds it free.
    """
    lock = FileLock(place.with_name(f"{place.name}.lock"))
    with suppress(Timeout):
        lock.acquire(timeout=_PATIENCE)
    if Path(lock.lock_file).exists():
        return lock
    lock.release()
    return None


def _release(lock: FileLock) -> None:
    """Release a place that was removed or renamed, and delete its lock."""
    with suppress(OSError):  # Windows deletes no file that is open
        Path(lock.lock_file).unlink(missing_ok=True)
    lock.release()
    with suppress(OSError):
        Path(lock.lock_file).unlink(missing_ok=True)


def _check_empty(folder: Path) -> None:
    occupied = next(folder.iterdir(), None) if folder.exists() else None
    if occupied is not None:
        raise PlaygroundError("system.folder_occupied", folder=folder, name=occupied.name)


def _move_up(place: Path, folder: Path) -> None:
    """Move each entry of the place into the folder around it; all of them or none."""
    moved: list[Path] = []
    try:
        for entry in sorted(place.iterdir()):
            disk.replace(entry, folder / entry.name)
            moved.append(folder / entry.name)
    except OSError:
        for path in moved:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise
