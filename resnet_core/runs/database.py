"""The SQLite file behind the index of jobs: its one table, opened on demand, checked, upgraded,
and rebuilt when damaged.

WAL, so that readers never wait for the one writer at a time; short transactions, so
that writers hardly wait for each other. The file must lie on a local disk.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from filelock import FileLock
from pydantic import ValidationError

from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs import folder as job_folder
from resnet_core.runs.record import Job, RunRecord
from resnet_core.system.texts import Message

Result = TypeVar("Result")
Operation = Callable[[sqlite3.Connection], Result]
# Which connection, commits through others as it sees them, rows changed through itself.
Version = tuple[int, int, int]

BUSY_SECONDS = 15.0
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_ADVICE = {
    sqlite3.SQLITE_FULL: "errors.index.full",
    sqlite3.SQLITE_BUSY: "errors.index.busy",
    sqlite3.SQLITE_READONLY: "errors.index.read_only",
    sqlite3.SQLITE_CANTOPEN: "errors.index.cannot_open",
    sqlite3.SQLITE_IOERR: "errors.index.disk_error",
}
_log = logging.getLogger(__name__)

# Raised with every change to the table.
VERSION = 4
# What brings a table of an earlier version up to the next one.
UPGRADES = {
    1: ("ALTER TABLE run ADD COLUMN software TEXT NOT NULL DEFAULT ''",),
    2: (  # trainings only; laboratories had files in `labs`
        "ALTER TABLE run RENAME TO job",
        "ALTER TABLE job ADD COLUMN kind TEXT NOT NULL DEFAULT 'training'",
        "DROP INDEX run_by_state",
        "DROP INDEX run_by_age",
    ),
    3: ("ALTER TABLE job ADD COLUMN data_reading TEXT NOT NULL DEFAULT ''",),
}

TABLE = """
CREATE TABLE job (
    id TEXT PRIMARY KEY,
    experiment TEXT NOT NULL,
    state TEXT NOT NULL,
    created REAL NOT NULL,
    "group" TEXT NOT NULL DEFAULT '',
    parent TEXT,
    parent_iteration INTEGER,
    position REAL NOT NULL DEFAULT 0,
    started REAL,
    ended REAL,
    heartbeat REAL,
    request TEXT,
    pid INTEGER,
    pid_created REAL,
    attempt INTEGER NOT NULL DEFAULT 0,
    iteration INTEGER NOT NULL DEFAULT 0,
    seconds REAL NOT NULL DEFAULT 0,
    images_per_second REAL,
    train_error REAL,
    test_error REAL,
    weights_sha256 TEXT,
    exit_reason TEXT NOT NULL DEFAULT '',
    data_title TEXT NOT NULL DEFAULT '',
    parameters INTEGER,
    device TEXT NOT NULL DEFAULT '',
    precision TEXT NOT NULL DEFAULT '',
    backend TEXT NOT NULL DEFAULT '',
    threads INTEGER,
    hardware TEXT NOT NULL DEFAULT '',
    software TEXT NOT NULL DEFAULT '',
    data_reading TEXT NOT NULL DEFAULT '',
    kind TEXT NOT NULL DEFAULT 'training'
) STRICT
"""
_INDEXES = (
    "CREATE INDEX job_by_state ON job (state, kind, position)",
    "CREATE INDEX job_by_age ON job (kind, created)",
)

# Recordings are read from assets, never from the index. A laboratory has its request in its
# folder and leaves the columns of a training at their defaults.
COLUMNS = tuple(f.name for f in dataclasses.fields(RunRecord) if f.name != "recorded")
_JOB_COLUMNS = {field.name for field in dataclasses.fields(Job)}
_NAMES = ", ".join(f'"{column}"' for column in (*COLUMNS, "kind"))
SELECT = f"SELECT {_NAMES} FROM job"


def insert(connection: sqlite3.Connection, job: Job) -> None:
    """Write a job's row, in the place of one with its id."""
    columns = [column for column in COLUMNS if hasattr(job, column)]
    values = {column: getattr(job, column) for column in columns}
    experiment = job.experiment.model_dump_json() if isinstance(job, RunRecord) else ""
    row = {**values, "experiment": experiment, "kind": job.kind}
    names = ", ".join(f'"{column}"' for column in row)
    marks = ", ".join(f":{column}" for column in row)
    connection.execute(f"INSERT OR REPLACE INTO job ({names}) VALUES ({marks})", row)


def to_job(row: tuple[Any, ...]) -> Job:
    """Return the job of a row of `SELECT`."""
    values = dict(zip((*COLUMNS, "kind"), row, strict=True))
    if values.pop("kind") == "training":
        return _to_run(values)
    return Job(**{name: value for name, value in values.items() if name in _JOB_COLUMNS})


def to_run(row: tuple[Any, ...]) -> RunRecord:
    """Return the run of a row that is known to be a training's."""
    return _to_run(dict(zip(COLUMNS, row[:-1], strict=True)))


def _to_run(values: dict[str, Any]) -> RunRecord:
    """Return a run; one whose experiment this version cannot read says so and stays listed."""
    experiment, fault = _experiment(values["experiment"])
    if fault:
        reason = Message("errors.runs.unreadable", reason=fault).dumps()
        values["exit_reason"] = reason
    return RunRecord(**{**values, "experiment": experiment})


def assignments(fields: Mapping[str, Any]) -> str:
    """Return `"a" = :a, "b" = :b` for an UPDATE; the names are the table's own.

    Raises:
        KeyError: a name is no column.
    """
    unknown = set(fields) - set(COLUMNS)
    if unknown:
        raise KeyError(f"no such column: {', '.join(sorted(unknown))}")
    return ", ".join(f'"{name}" = :{name}' for name in fields)


@lru_cache(maxsize=8192)
def _experiment(text: str) -> tuple[Experiment, str]:
    """Return the experiment, and what is wrong with its text. A list of a thousand runs reads the
    same texts again and again; experiments are frozen, so one object may serve all."""
    try:
        return Experiment.model_validate_json(text), ""
    except (ValidationError, PlaygroundError) as error:
        return Experiment(name="unreadable"), str(error).splitlines()[0]


class Database:
    """One connection, shared by the threads of a process.

    Args:
        path: the file; created where it is missing.
        remembered: gives the jobs that a new or rebuilt index starts from.
    """

    def __init__(self, path: Path, remembered: Callable[[], Iterable[Job]]) -> None:
        self.path = path
        self._remembered = remembered
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int, int] | None = None
        self._opened = 0
        self._lock = threading.RLock()

    def read(self, operation: Operation[Result]) -> Result:
        """Return the operation's result, from one consistent state of the index.

        Raises:
            PlaygroundError: the index cannot be read.
        """
        return self._run(lambda connection: _transact(connection, "BEGIN DEFERRED", operation))

    def version(self, connection: sqlite3.Connection) -> Version:
        """Return what changes with every write; to be called within an operation of `read`."""
        (others,) = connection.execute("PRAGMA data_version").fetchone()
        return self._opened, others, connection.total_changes

    def write(self, operation: Operation[Result]) -> Result:
        """Return the operation's result after its changes are committed; none are if it raises.

        Raises:
            PlaygroundError: the index cannot be written to.
        """
        return self._run(lambda connection: _transact(connection, "BEGIN IMMEDIATE", operation))

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
                    if not _is_damage(error):
                        raise
                    self._rebuild()
                    return operation(self._open())
                except UnicodeDecodeError:  # SQLite quotes a damaged schema in its own error
                    self._rebuild()
                    return operation(self._open())
            except sqlite3.Error as error:
                code = getattr(error, "sqlite_errorcode", 0) & 0xFF
                advice = Message(_ADVICE.get(code, "errors.index.other"), error=error)
                raise PlaygroundError("index.unusable", path=self.path, advice=advice) from error

    def _open(self) -> sqlite3.Connection:
        """Return the connection, reopened where the file was replaced (or this process forked)."""
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
            # A turned bit in a text is that row's fault, not the whole list's.
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            connection.execute("PRAGMA synchronous = NORMAL")
            _check_version(connection, self.path)
        except BaseException:
            connection.close()
            raise
        return connection

    def _create(self) -> None:
        """Make the file under another name and rename it: no process opens half an index."""
        with FileLock(f"{self.path}.lock"):
            if self.path.exists():
                return
            partial = self.path.with_name(f"{self.path.name}.partial")
            partial.unlink(missing_ok=True)
            connection = sqlite3.connect(partial, isolation_level=None)
            try:
                _transact(connection, "BEGIN", lambda new: _fill(new, self._remembered()))
                connection.execute("PRAGMA journal_mode = WAL")
            finally:
                connection.close()
            self._remove_wal()
            partial.replace(self.path)

    def _rebuild(self) -> None:
        """Move a damaged file aside and start again from the jobs' folders."""
        self.close()
        with FileLock(f"{self.path}.lock"):
            if self.path.exists() and _is_damaged(self.path):
                aside = self.path.with_name(f"{self.path.name}.damaged-{int(time.time())}")
                try:
                    self.path.replace(aside)
                except OSError as error:  # Windows moves no file that another program has open
                    raise PlaygroundError(
                        "index.cannot_move", path=self.path, error=error
                    ) from error
                _log.warning(
                    "The index of runs was damaged. It was moved to %s and rebuilt from the run "
                    "folders; no run is lost, but runs that were queued must be resumed.",
                    aside,
                )
        self._create()

    def _remove_wal(self) -> None:
        """SQLite would replay a lost file's journal into the new one."""
        for suffix in ("-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)


class _Empty(sqlite3.DatabaseError):
    """The file exists and holds nothing: made by hand, or cut off by a full disk."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    version = _version(connection)
    if version == 0:
        raise _Empty("no index of runs")
    if version in UPGRADES:
        _transact(connection, "BEGIN IMMEDIATE", lambda old: _upgrade(old, path.parent / "labs"))
    elif version != VERSION:
        raise PlaygroundError("index.other_version", path=path, version=version, known=VERSION)


def _version(connection: sqlite3.Connection) -> int:
    """Return the table's version; 0 where there is none."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def _fill(connection: sqlite3.Connection, jobs: Iterable[Job]) -> None:
    for statement in (TABLE, *_INDEXES, f"PRAGMA user_version = {VERSION}"):
        connection.execute(statement)
    for job in jobs:
        insert(connection, job)


def _upgrade(connection: sqlite3.Connection, labs_folder: Path) -> None:
    """Bring the table up to `VERSION`, within the caller's transaction; if another process has
    done so since, there is nothing left to do."""
    version = _version(connection)
    for older in range(version, VERSION):
        for statement in UPGRADES[older]:
            connection.execute(statement)
    if version <= 2:
        for statement in _INDEXES:
            connection.execute(statement)
        for number, job in enumerate(job_folder.all_laboratories(labs_folder), start=1):
            insert(connection, dataclasses.replace(job, position=float(number)))
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _transact(connection: sqlite3.Connection, begin: str, operation: Operation[Result]) -> Result:
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
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino, os.getpid()


def _is_damaged(path: Path) -> bool:
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        _check_version(connection, path)
        return connection.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",)
    except UnicodeDecodeError:
        return True
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            raise
        return True
    finally:
        connection.close()


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED
