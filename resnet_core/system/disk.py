"""Writing files that a crash, a power cut or a full disk cannot leave half-made."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Literal

from resnet_core.errors import PlaygroundError

FULL = {errno.ENOSPC, errno.EDQUOT}
_PATIENCE = 2.0  # seconds


@contextmanager
def full_disk_explained(path: Path, key: str = "system.disk_full_resume") -> Iterator[None]:
    """Turn the operating system's "no space" into a sentence; other errors pass.

    Args:
        key: of the error, whose sentence names a remedy.

    Raises:
        PlaygroundError: the disk that holds `path`, or the user's share of it, is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise PlaygroundError(key, path=path) from error


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for writing that takes its name when the disk has all of it.

    A reader, even after a power cut, sees all or what was there before, which stays after an error.

    Raises:
        OSError: the folder cannot be written to, or the disk is full.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with partial.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file as `whole_file` does.

    Raises:
        OSError: the folder cannot be written to, or the disk is full.
    """
    with whole_file(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)


def file_checksum(path: Path, algorithm: Literal["sha256", "md5"] = "sha256") -> str:
    """Return the file's digest as hexadecimal digits; data sets' publishers give MD5."""

    def new() -> Any:
        return hashlib.new(algorithm, usedforsecurity=False)

    with path.open("rb") as file:
        return hashlib.file_digest(file, new).hexdigest()


def write_synced(path: Path, content: bytes) -> None:
    """Write a file and wait until the disk has it."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace(source: Path, target: Path) -> None:
    """Put `source` in the place of the file or of the absent folder `target`, in one step.

    Windows refuses while a reader has the file open, which is never for long.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            source.replace(target)
            break
        except PermissionError:
            if os.name != "nt" or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Wait until the disk has the folder's list of names; Windows needs no such step."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
