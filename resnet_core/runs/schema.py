"""The index's one table, and the way from a row to a `RunRecord` and back."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs.record import RunRecord

# Raised with every change to the table, and what brings an older one's table up to it.
VERSION = 2
UPGRADES = {1: "ALTER TABLE run ADD COLUMN software TEXT NOT NULL DEFAULT ''"}

TABLE = """
CREATE TABLE run (
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
    software TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX run_by_state ON run (state, position);
CREATE INDEX run_by_age ON run (created);
"""

# Recordings are read from assets, never from the index.
COLUMNS = tuple(field.name for field in dataclasses.fields(RunRecord) if field.name != "recorded")
SELECT = "SELECT " + ", ".join(f'"{column}"' for column in COLUMNS) + " FROM run"
INSERT = (
    "INSERT OR REPLACE INTO run ("  # a rebuilt index may have met the new folder first
    + ", ".join(f'"{column}"' for column in COLUMNS)
    + ") VALUES ("
    + ", ".join("?" for _ in COLUMNS)
    + ")"
)


def to_row(record: RunRecord) -> tuple[Any, ...]:
    values = {column: getattr(record, column) for column in COLUMNS}
    values["experiment"] = record.experiment.model_dump_json()
    return tuple(values.values())


def to_record(row: tuple[Any, ...]) -> RunRecord:
    """The run of a row; one whose experiment this version cannot read says so and stays listed."""
    values = dict(zip(COLUMNS, row, strict=True))
    experiment, fault = _experiment(values["experiment"])
    if fault:
        values["exit_reason"] = f"{fault} {values['exit_reason']}".strip()
    return RunRecord(**{**values, "experiment": experiment})


def assignments(fields: Mapping[str, Any]) -> str:
    """`"a" = :a, "b" = :b` for an UPDATE; the names are the table's own.

    Raises:
        KeyError: a name is no column.
    """
    unknown = set(fields) - set(COLUMNS)
    if unknown:
        raise KeyError(f"no such column: {', '.join(sorted(unknown))}")
    return ", ".join(f'"{name}" = :{name}' for name in fields)


def create(connection: sqlite3.Connection) -> None:
    connection.executescript(f"BEGIN; {TABLE} PRAGMA user_version = {VERSION}; COMMIT;")


def version(connection: sqlite3.Connection) -> int:
    """Of the table; 0 where there is none."""
    (found,) = connection.execute("PRAGMA user_version").fetchone()
    return int(found)


def upgrade(connection: sqlite3.Connection) -> None:
    """Bring the table up to `VERSION`, within the caller's transaction; if another process has
    done so since, there is nothing left to do."""
    for older in range(version(connection), VERSION):
        connection.execute(UPGRADES[older])
    connection.execute(f"PRAGMA user_version = {VERSION}")


@lru_cache(maxsize=8192)
def _experiment(text: str) -> tuple[Experiment, str]:
    """The experiment, and what was wrong with its text. A list of a thousand runs asks for the
    same texts again and again; experiments are frozen, so one object may serve all."""
    try:
        return Experiment.model_validate_json(text), ""
    except (ValidationError, PlaygroundError) as error:
        first = str(error).splitlines()[0]
        return (
            Experiment(name="unreadable"),
            f"This version cannot read the run's experiment ({first}); the settings shown are "
            f"not its own.",
        )
