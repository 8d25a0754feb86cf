"""A folder of class folders."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO

from resnet_core.data.own.layout import is_image
from resnet_core.data.own.member import MAX_MEMBERS, Member, shown
from resnet_core.errors import DataError

_DEEPEST = 8  # folders below the one named


def members(folder: Path) -> Iterator[Member]:
    """Every image file below the folder.

    Raises:
        DataError: a folder cannot be listed, or is a link.
    """
    for entry in _files(folder, folder, 0):
        path = Path(entry.path)
        yield Member(path.relative_to(folder).as_posix(), partial(_open, path))


def folders(folder: Path) -> Iterator[str]:
    """Every folder that `members` looks into, relative with forward slashes; "." is itself.

    Raises:
        DataError: a folder cannot be listed, or is a link.
    """
    yield "."
    for path in _below(folder, folder, 0):
        yield path.relative_to(folder).as_posix()


def state(folder: Path) -> str:
    """A digest that changes when an image file is added, taken out or written to."""
    digest = hashlib.sha256()
    lines = []
    for entry in _files(folder, folder, 0):
        status = entry.stat()
        lines.append(f"{entry.path}\0{status.st_size}\0{status.st_mtime_ns}")
    for line in sorted(lines):
        digest.update(os.fsencode(line) + b"\n")
    return digest.hexdigest()


def _open(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise DataError("data.file_unreadable", path=path, reason=error) from error


def _files(folder: Path, root: Path, depth: int) -> Iterator[os.DirEntry[str]]:
    entries = _entries(folder)
    if len(entries) > MAX_MEMBERS:
        raise DataError("data.folder_members", path=folder, most=MAX_MEMBERS)
    for entry in entries:
        if _is_folder(entry, root):
            if _is_looked_into(entry, depth):
                yield from _files(Path(entry.path), root, depth + 1)
        elif is_image(entry.name) and entry.is_file():
            yield entry


def _below(folder: Path, root: Path, depth: int) -> Iterator[Path]:
    for entry in _entries(folder):
        if _is_folder(entry, root) and _is_looked_into(entry, depth):
            yield Path(entry.path)
            yield from _below(Path(entry.path), root, depth + 1)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as listing:
            return list(listing)
    except OSError as error:
        raise DataError("data.folder_unreadable", path=folder, reason=error) from error


def _is_folder(entry: os.DirEntry[str], root: Path) -> bool:
    if entry.is_dir(follow_symlinks=False):
        return True
    if entry.is_dir():
        # Followed, a link could lead out of the folder or round in a circle.
        raise DataError("data.folder_link", path=root, folder=shown(entry.name))
    return False


def _is_looked_into(entry: os.DirEntry[str], depth: int) -> bool:
    return depth < _DEEPEST and not entry.name.startswith(".")
