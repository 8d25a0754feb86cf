"""The SQLite file behind the index: opened on demand, checked, and rebuilt when damaged.

WAL, so that readers never wait for the one writer at a time; short transactions, so
that writers hardly wait for each other. The file must lie on a local disk.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from filelock import FileLock

from resnet_core.errors import PlaygroundError
from resnet_core.runs import schema
from resnet_core.runs.record import RunRecord

Result = TypeVar("Result")
Operation = Callable[[sqlite3.Connection], Result]
# Which connection, commits through others as it sees them, rows changed through itself.
Version = tuple[int, int, int]

BUSY_SECONDS = 15.0
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_log = logging.getLogger(__name__)


class Database:
    """One connection, shared by the threads of a process.

    Args:
        path: the file; created where it is missing.
        remembered: gives the runs that a new or rebuilt index starts from.
    """

    def __init__(self, path: Path, remembered: Callable[[], Iterable[RunRecord]]) -> None:
        self.path = path
        self._remembered = remembered
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int, int] | None = None
        self._opened = 0
        self._lock = threading.RLock()

    def read(self, operation: Operation[Result]) -> Result:
        """The operation's result, from one consistent state of the index.

        Raises:
            PlaygroundError: the index cannot be read.
        """
        return self._run(lambda connection: _within(connection, "BEGIN DEFERRED", operation))

    def version(self, connection: sqlite3.Connection) -> Version:
        """Changes whenever anybody writes; to be asked for within an operation of `read`."""
        (others,) = connection.execute("PRAGMA data_version").fetchone()
        return self._opened, others, connection.total_changes

    def write(self, operation: Operation[Result]) -> Result:
        """The operation's result, once all it wrote is kept; nothing is kept if it raises.

        Raises:
            PlaygroundError: the index cannot be written to.
        """
        return self._run(lambda connection: _within(connection, "BEGIN IMMEDIATE", operation))

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = self._identity = None

    def _run(self, operation: Operation[Result]) -> Result:
        with self._lock:
            try:
                try:
                    return operation(self._open())
                except sqlite3.DatabaseError as error:
                    if not _tells_damage(error):
                        raise
                    self._rebuild()
                    return operation(self._open())
            except sqlite3.Error as error:
                raise PlaygroundError(_sentence(self.path, error)) from error

    def _open(self) -> sqlite3.Connection:
        """The connection, reopened where the file was replaced (or this process forked)."""
        identity = _identify(self.path)
        if self._connection is None or identity is None or identity != self._identity:
            self.close()
            if identity is None:
                self._create()
            self._connection = self._connect()
            self._opened += 1
            self._identity = _identify(self.path)
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.as_uri()}?mode=rw",  # rw: never leave an empty file behind
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            connection.execute("PRAGMA synchronous = NORMAL")
            _check_version(connection, self.path)
        except BaseException:
            connection.close()
            raise
        return connection

    def _create(self) -> None:
        """Make the file beside its place and move it there whole: nobody sees half an index."""
        with FileLock(f"{self.path}.lock"):
            if self.path.exists():
                return
            partial = self.path.with_name(f"{self.path.name}.partial")
            partial.unlink(missing_ok=True)
            connection = sqlite3.connect(partial, isolation_level=None)
            try:
                schema.create(connection)
                rows = map(schema.to_row, self._remembered())
                _within(connection, "BEGIN", lambda c: c.executemany(schema.INSERT, rows))
                connection.execute("PRAGMA journal_mode = WAL")
            finally:
                connection.close()
            self._forget_wal()
            partial.replace(self.path)

    def _rebuild(self) -> None:
        """Move a damaged file aside and start anew from the run folders."""
        self.close()
        with FileLock(f"{self.path}.lock"):
            if self.path.exists() and _is_damaged(self.path):
                aside = self.path.with_name(f"{self.path.name}.damaged-{int(time.time())}")
                _move(self.path, aside)
                _log.warning(
                    "The index of runs was damaged. It was moved to %s and rebuilt from the run "
                    "folders; no run is lost, but runs that were queued must be resumed.",
                    aside,
                )
        self._create()

    def _forget_wal(self) -> None:
        """SQLite would replay a lost file's journal into the new one."""
        for suffix in ("-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)


def _move(damaged: Path, aside: Path) -> None:
    try:
        damaged.replace(aside)
    except OSError as error:  # Windows moves no file that another program has open
        raise PlaygroundError(
            f"The index of runs, {damaged}, is damaged and cannot be moved aside "
            f"({error.strerror}): close all programs that use it and try again."
        ) from error


class _Empty(sqlite3.DatabaseError):
    """The file is there and holds nothing: made by hand, or cut off by a full disk."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    version = schema.version(connection)
    if version == 0:
        raise _Empty("no index of runs")
    if version in schema.UPGRADES:
        _within(connection, "BEGIN IMMEDIATE", schema.upgrade)
    elif version != schema.VERSION:
        raise PlaygroundError(
            f"The index of runs, {path}, has version {version} and this program "
            f"reads version {schema.VERSION}: update the program, or move the file away and "
            f"it will be rebuilt from the run folders."
        )


def _within(connection: sqlite3.Connection, begin: str, operation: Operation[Result]) -> Result:
    connection.execute(begin)
    try:
        result = operation(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return result


def _identify(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino, os.getpid()


def _is_damaged(path: Path) -> bool:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS)
    try:
        _check_version(connection, path)
        return connection.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",)
    except sqlite3.DatabaseError as error:
        if not _tells_damage(error):
            raise
        return True
    finally:
        connection.close()


def _tells_damage(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


def _sentence(path: Path, error: sqlite3.Error) -> str:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    advice = {
        sqlite3.SQLITE_FULL: "the disk is full; free some space and try again",
        sqlite3.SQLITE_BUSY: "another program holds it; close that program and try again",
        sqlite3.SQLITE_READONLY: "it is read-only; make it writable",
        sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check the folder's permissions",
        sqlite3.SQLITE_IOERR: "the disk reported an error; check for free space and health",
    }.get(code, f"SQLite says {error}")
    return f"The index of runs, {path}, cannot be used: {advice}."
