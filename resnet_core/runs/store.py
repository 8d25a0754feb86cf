"""The index of runs, written: the only module that changes it.

Every change of a run's state is one short transaction that first checks the state it
starts from, so that the app, the command line, the supervisor and a worker can all act
at the same moment. Each change is then copied to the run's folder (`run.json`).
"""

from __future__ import annotations

import dataclasses
import logging
import shutil
import sqlite3
import time
from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from resnet_core.errors import PlaygroundError, RunNotFound, WrongState
from resnet_core.runs import run_file, schema
from resnet_core.runs.database import Database, Version
from resnet_core.runs.record import Request, RunRecord, State
from resnet_core.system import disk, home

_log = logging.getLogger(__name__)

# Places in the queue are 1, 2, 3, ...; runs that are not queued keep their last.
_RENUMBER = """
UPDATE run SET position = place.number FROM (
    SELECT id, row_number() OVER (ORDER BY position, created, id) AS number
    FROM run WHERE state = 'queued'
) AS place
WHERE run.id = place.id AND run.position != place.number
"""


class Store:
    """The index at `path`; the runs' folders lie in `runs` beside it."""

    def __init__(self, path: Path) -> None:
        self.runs_folder = path.parent / "runs"
        self.database = Database(path, lambda: remembered(self.runs_folder))
        self._newest: tuple[Version, list[RunRecord]] | None = None

    def close(self) -> None:
        self.database.close()

    def get(self, run_id: str) -> RunRecord:
        """The run as it is now.

        Raises:
            RunNotFound: there is none with this id.
        """
        return self.database.read(lambda connection: _get(connection, run_id))

    def newest(self) -> list[RunRecord]:
        """All runs, newest first; they are read again only after somebody has written.

        Thirty browsers that look at a list of a thousand runs look at one copy of it.
        """

        def look(connection: sqlite3.Connection) -> tuple[Version, list[RunRecord]]:
            version = self.database.version(connection)
            if self._newest is not None and self._newest[0] == version:
                return self._newest
            query = f"{schema.SELECT} ORDER BY created DESC, id DESC"
            return version, [schema.to_record(row) for row in connection.execute(query)]

        self._newest = found = self.database.read(look)
        return list(found[1])

    def in_states(self, states: Collection[State]) -> list[RunRecord]:
        """The runs in any of these states, in the order of the queue."""
        marks = ", ".join("?" for _ in states)
        query = f"{schema.SELECT} WHERE state IN ({marks}) ORDER BY position, created, id"
        rows = self.database.read(lambda c: c.execute(query, tuple(states)).fetchall())
        return [schema.to_record(row) for row in rows]

    def add(self, records: Sequence[RunRecord]) -> list[RunRecord]:
        """Put queued runs at the end of the queue, all or none."""

        def insert(connection: sqlite3.Connection) -> list[RunRecord]:
            last = _last_position(connection)
            placed = [
                dataclasses.replace(record, position=last + number)
                for number, record in enumerate(records, start=1)
            ]
            connection.executemany(schema.INSERT, map(schema.to_row, placed))
            return placed

        try:
            for record in records:
                self._make_folder(record)
            return self.database.write(insert)
        except BaseException:
            for record in records:
                shutil.rmtree(self.runs_folder / record.id, ignore_errors=True)
            raise

    def adopt(self, record: RunRecord, prepared: Path) -> None:
        """Put a run on record that is over; the folder `prepared`, with all its files but its
        `run.json`, becomes the run's. All or nothing.

        Raises:
            PlaygroundError: it cannot be written.
        """
        place = self.runs_folder / record.id

        def insert(connection: sqlite3.Connection) -> None:
            connection.execute(schema.INSERT, schema.to_row(record))
            self.runs_folder.mkdir(exist_ok=True)
            disk.replace(prepared, place)

        try:
            with disk.full_disk_explained(place):
                run_file.write(prepared, record)
                self.database.write(insert)
        except BaseException as error:
            shutil.rmtree(place, ignore_errors=True)
            if isinstance(error, OSError):
                raise PlaygroundError(
                    f"The run's folder {place} cannot be written ({error.strerror}); check the "
                    f"folder's permissions."
                ) from error
            raise

    def change(
        self, run_id: str, allowed: Collection[State], advice: str, **fields: Any
    ) -> RunRecord:
        """Change a run that is in one of the allowed states.

        Args:
            advice: what to tell someone whose run is in another state; `{title}` and
                `{state}` are filled in.

        Raises:
            RunNotFound: there is no such run.
            WrongState: it is in another state.
        """

        def update(connection: sqlite3.Connection) -> RunRecord:
            found = _get(connection, run_id)
            if found.state not in allowed:
                raise WrongState(advice.format(title=found.title, state=found.state))
            values = dict(fields)
            if values.get("state") == "queued":
                values["position"] = _last_position(connection) + 1
            _update(connection, run_id, values)
            connection.execute(_RENUMBER)
            return _get(connection, run_id)

        changed = self.database.write(update)
        self._copy_to_folder(changed)
        return changed

    def ask(self, run_id: str, request: Request, done: State) -> RunRecord:
        """Ask a running worker for something; a queued run is in the state `done` at once.

        Raises:
            RunNotFound: there is no such run.
            WrongState: it is neither queued nor running.
        """

        def note(connection: sqlite3.Connection) -> RunRecord:
            found = _get(connection, run_id)
            if found.state == "running":
                _update(connection, run_id, {"request": request})
            elif found.state == "queued":
                reason = f"It was {done} before it started."
                _update(connection, run_id, {"state": done, "exit_reason": reason})
            else:
                raise WrongState(
                    f"{found.title} is {found.state}; only a queued or running run can be {done}."
                )
            connection.execute(_RENUMBER)
            return _get(connection, run_id)

        asked = self.database.write(note)
        self._copy_to_folder(asked)
        return asked

    def claim(self) -> RunRecord | None:
        """Take the first run off the queue; the caller must now start its worker."""

        def take(connection: sqlite3.Connection) -> RunRecord | None:
            row = connection.execute(
                "SELECT id FROM run WHERE state = 'queued' ORDER BY position, created, id LIMIT 1"
            ).fetchone()
            if row is None:
                return None
            now = time.time()
            _update(
                connection,
                row[0],
                {
                    "state": "running",
                    "heartbeat": now,
                    "ended": None,
                    "request": None,
                    "pid": None,
                    "pid_created": None,
                    "exit_reason": "",
                },
            )
            connection.execute(_RENUMBER)
            return _get(connection, row[0])

        return self.database.write(take)

    def report(self, run_id: str, **fields: Any) -> Request | None:
        """Note a running worker's progress; returns what it is asked to do."""

        def note(connection: sqlite3.Connection) -> Request | None:
            _update(connection, run_id, {**fields, "heartbeat": time.time()})
            return _request(connection, run_id)

        return self.database.write(note)

    def requested(self, run_id: str) -> Request | None:
        """What a running worker is asked to do; cheap enough for every 50 ms."""
        return self.database.read(lambda connection: _request(connection, run_id))

    def move(self, run_id: str, position: int) -> RunRecord:
        """Give a queued run another place in the queue; 1 is the next to start.

        Raises:
            RunNotFound: there is no such run.
            WrongState: it is not queued.
        """

        def reorder(connection: sqlite3.Connection) -> RunRecord:
            found = _get(connection, run_id)
            if found.state != "queued":
                raise WrongState(f"{found.title} is {found.state}; only queued runs can be moved.")
            # Between its new neighbours: before the one that stands there if it comes from
            # behind, after it if it comes from the front.
            step = -0.5 if position <= found.position else 0.5
            _update(connection, run_id, {"position": position + step})
            connection.execute(_RENUMBER)
            return _get(connection, run_id)

        return self.database.write(reorder)

    def remove(self, run_id: str, allowed: Collection[State], advice: str) -> RunRecord:
        """Take a run off the index; its folder is the caller's to delete.

        Raises:
            RunNotFound: there is no such run.
            WrongState: it is in a state that is not allowed.
        """

        def delete(connection: sqlite3.Connection) -> RunRecord:
            found = _get(connection, run_id)
            if found.state not in allowed:
                raise WrongState(advice.format(title=found.title, state=found.state))
            connection.execute("DELETE FROM run WHERE id = ?", (run_id,))
            connection.execute(_RENUMBER)
            return found

        return self.database.write(delete)

    def _make_folder(self, record: RunRecord) -> None:
        folder = self.runs_folder / record.id
        try:
            folder.mkdir(parents=True, exist_ok=True)
            run_file.write(folder, record)
        except OSError as error:
            raise PlaygroundError(
                f"The run's folder in {self.runs_folder} cannot be written "
                f"({error.strerror}); free some space or check its permissions."
            ) from error

    def _copy_to_folder(self, record: RunRecord) -> None:
        """The copy only matters should the index be lost, so a full disk does not stop a change."""
        try:
            run_file.write(self.runs_folder / record.id, record)
        except OSError as error:
            _log.warning("run.json of %s was not brought up to date: %s", record.id, error)


@lru_cache(maxsize=1)
def _store(path: Path) -> Store:
    return Store(path)


def of_home() -> Store:
    """The store of the current home folder, shared by this process."""
    return _store(home.database_path())


def remembered(runs_folder: Path) -> Iterable[RunRecord]:
    """The runs that the folders tell of, for an index that is started anew.

    A run that was queued is given as paused, for its place is lost and nothing should start
    unasked; one that was running keeps its worker's pid, and the supervisor finds out.
    """
    folders = sorted(runs_folder.iterdir()) if runs_folder.is_dir() else []
    for folder in folders:
        if not (folder / "experiment.json").is_file():
            continue
        try:
            record = run_file.read(folder)
        except (PlaygroundError, TypeError) as error:
            _log.warning("The run in %s is left out: %s", folder, error)
            continue
        if record.state == "queued":
            reason = "It was queued when the index of runs was lost; resume it to queue it again."
            record = dataclasses.replace(record, state="paused", exit_reason=reason)
        yield record


def _get(connection: sqlite3.Connection, run_id: str) -> RunRecord:
    row = connection.execute(f"{schema.SELECT} WHERE id = ?", (run_id,)).fetchone()
    if row is None:
        raise RunNotFound(f"There is no run {run_id[:64]!r}; `runs list` shows those there are.")
    return schema.to_record(row)


def _update(connection: sqlite3.Connection, run_id: str, fields: dict[str, Any]) -> None:
    query = f"UPDATE run SET {schema.assignments(fields)} WHERE id = :id"
    if connection.execute(query, {**fields, "id": run_id}).rowcount == 0:
        raise RunNotFound(f"There is no run {run_id[:64]!r}; it may have been deleted.")


def _request(connection: sqlite3.Connection, run_id: str) -> Request | None:
    row = connection.execute("SELECT request FROM run WHERE id = ?", (run_id,)).fetchone()
    # A run that was deleted under its worker has nothing left to train for.
    return "stop" if row is None else row[0]


def _last_position(connection: sqlite3.Connection) -> float:
    query = "SELECT coalesce(max(position), 0) FROM run WHERE state = 'queued'"
    return float(connection.execute(query).fetchone()[0])
