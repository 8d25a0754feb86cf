"""The files of a folder, a zip or a tar, one after another; nothing is unpacked to the disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import IO

from resnet_core.data.own import archives
from resnet_core.data.own.archives import MAX_FILES, Member, quoted
from resnet_core.data.own.names import is_leftover
from resnet_core.errors import DataError

_MAX_DEPTH = 8  # folders below the data set's own

_Entries = list[os.DirEntry[str]]


def members(path: Path) -> Iterator[Member]:
    """Yield every file and folder of a folder or an archive, in its order, but no leftovers.

    Raises:
        DataError: the folder cannot be listed, the archive is damaged, or a file is unsafe.
    """
    return archives.members(path) if path.is_file() else _in_folder(path)


def title(path: Path) -> str:
    """Return the name of the folder, or of the archive without its suffixes."""
    return path.resolve().name if path.is_dir() else archives.without_suffix(path.name)


def state(path: Path) -> str:
    """Return a text that changes when a file is added, removed or written to."""
    if not path.is_dir():
        status = path.stat()
        return f"{status.st_size}-{status.st_mtime_ns}"
    digest = hashlib.sha256()
    lines = []
    for folder, entries in _walk(path, path):
        lines.append(f"{folder}\0")
        for entry in entries:
            status = entry.stat()
            lines.append(f"{entry.path}\0{status.st_size}\0{status.st_mtime_ns}")
    for line in sorted(lines):
        digest.update(os.fsencode(line) + b"\n")
    return digest.hexdigest()


def folders(folder: Path) -> Iterator[str]:
    """Yield every folder that `members` reads, relative with forward slashes, "." first.

    Raises:
        DataError: a folder cannot be listed, or is a link.
    """
    for path, _ in _walk(folder, folder):
        yield path.relative_to(folder).as_posix()


def _in_folder(folder: Path) -> Iterator[Member]:
    for path, entries in _walk(folder, folder):
        inside = path.relative_to(folder).as_posix()
        prefix = "" if inside == "." else f"{inside}/"
        if prefix:
            yield Member(prefix, _no_bytes)
        for entry in entries:
            yield Member(f"{prefix}{entry.name}", partial(_open, Path(entry.path)))


def _no_bytes() -> IO[bytes]:
    raise IsADirectoryError


def _open(path: Path) -> IO[bytes]:
    try:
        return path.open("rb")
    except OSError as error:
        raise DataError("data.file_unreadable", path=path, reason=error) from error


def _walk(folder: Path, root: Path, depth: int = 0) -> Iterator[tuple[Path, _Entries]]:
    """Yield the folder and every folder below it, each with its files."""
    listing = _listing(folder)
    if len(listing) > MAX_FILES:
        raise DataError("data.folder_members", path=folder, most=MAX_FILES)
    files, below = [], []
    for entry in listing:
        if is_leftover(entry.name):
            continue
        if _is_folder(entry, root):
            below.append(entry)
        elif entry.is_file():
            files.append(entry)
    yield folder, files
    for entry in below:
        if depth < _MAX_DEPTH:
            yield from _walk(Path(entry.path), root, depth + 1)


def _listing(folder: Path) -> _Entries:
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
        raise DataError("data.folder_link", path=root, folder=quoted(entry.name))
    return False
