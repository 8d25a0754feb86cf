"""A folder that is handed over whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from resnet_core.errors import PlaygroundError
from resnet_core.telemetry import disk

_ADVICE = "Free some space, then export again; nothing of this export is left."


@contextmanager
def filled(folder: Path) -> Iterator[Path]:
    """A place to write what `folder` is to hold; it arrives there when all of it is written.

    A new folder appears in one step. One that is there and empty, which may be a mounted disk,
    gets its files by renaming. After an error there is nothing new on the disk.

    Raises:
        PlaygroundError: the folder holds something already, cannot be written to, or the disk
            is full.
    """
    try:
        with disk.full_disk_explained(folder, _ADVICE):
            _check_empty(folder)
            there = folder.is_dir()
            parent = folder if there else folder.parent
            parent.mkdir(parents=True, exist_ok=True)
            place = Path(tempfile.mkdtemp(prefix=f".{folder.name or 'export'}-", dir=parent))
            try:
                _open_to_others(place)
                yield place
                if there:
                    _move_up(place, folder)
                else:
                    disk.replace(place, folder)
            finally:
                shutil.rmtree(place, ignore_errors=True)
    except OSError as error:
        raise PlaygroundError(f"{folder} cannot be written to ({error.strerror}).") from error


def _check_empty(folder: Path) -> None:
    occupied = next(folder.iterdir(), None) if folder.exists() else None
    if occupied is not None:
        raise PlaygroundError(
            f"{folder} holds {occupied.name} already; name a folder that is empty or new."
        )


def _open_to_others(place: Path) -> None:
    """`mkdtemp` makes a folder for one user only; an export is as open as any new folder."""
    probe = place / "as-usual"
    probe.mkdir()
    place.chmod(probe.stat().st_mode)
    probe.rmdir()


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
