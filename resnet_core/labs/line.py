"""The line of laboratories that wait for their turn: an empty file each, in `labs/line`.

First come, first served. What stands here is only a place; `status` says what is true.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from resnet_core.labs.results.folder import LabFolder, of_result
from resnet_core.system import home

_DIGITS = 20  # so that names sort as the nanoseconds that they begin with


def join(lab_id: str) -> None:
    """Stand at the end, unless it stands in the line already."""
    if lab_id not in ids():
        (_folder() / f"{time.time_ns():0{_DIGITS}d}-{lab_id}").touch()


def leave(lab_id: str) -> None:
    """Give the place up, where it has one."""
    for name in _names():
        if _id(name) == lab_id:
            (_folder() / name).unlink(missing_ok=True)


def first() -> LabFolder | None:
    """Whose turn it is."""
    waiting = ids()
    return of_result(waiting[0]) if waiting else None


def ids() -> list[str]:
    """Who stands in the line, in order; the first may be at work already."""
    return [_id(name) for name in _names()]


def _names() -> list[str]:
    """In the order of their coming."""
    with os.scandir(_folder()) as entries:
        return sorted(entry.name for entry in entries if entry.name[:_DIGITS].isdecimal())


def _id(name: str) -> str:
    return name[_DIGITS + 1 :]


def _folder() -> Path:
    folder = home.labs_folder() / "line"
    folder.mkdir(exist_ok=True)
    return folder
