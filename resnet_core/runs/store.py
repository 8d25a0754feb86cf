"""The index of jobs, written: the only module that changes it.

Every change of a job's state is one short transaction that first checks the state it
starts from, so that the app, the command line, the supervisor and a worker can all act
at the same moment. Each change is then copied to the job's folder (`run.json`, or a
laboratory's `state.json`).
"""

from __future__ import annotations

import dataclasses
import logging
import shutil
import sqlite3
import time
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from resnet_core.errors import ResultNotFound, RunNotFound, WrongState
from resnet_core.runs import folder as job_folder
from resnet_core.runs.database import SELECT, Database, Version, assignments, insert, to_job, to_run
from resnet_core.runs.record import ACTIVE, Job, Kind, Request, RunRecord, State
from resnet_core.system import disk, home
from resnet_core.system.texts import Message

_AnyJob = TypeVar("_AnyJob", bound=Job)
_log = logging.getLogger(__name__)

# Places in the queue are 1, 2, 3, ... for each kind; jobs that are not queued keep their last.
_RENUMBER = """
UPDATE job SET position = place.number FROM (
    SELECT id, row_number() OVER (PARTITION BY kind ORDER BY position, created, id) AS number
    FROM job WHERE state = 'queued'
) AS place
WHERE job.id = place.id AND job.position != place.number
"""
# Fields of a job that no worker is at.
NO_WORKER: dict[str, Any] = {"request": None, "pid": None, "pid_created": None}


class Store:
    """The index at `path`; the jobs' folders lie in `runs` and `labs` beside it."""

    def __init__(self, path: Path) -> None:
        self.runs_folder = path.parent / "runs"
        self.labs_folder = path.parent / "labs"
        self.database = Database(
            path, lambda: job_folder.all_jobs(self.runs_folder, self.labs_folder)
        )
        self._newest: tuple[Version, list[RunRecord]] | None = None

    def close(self) -> None:
        self.database.close()

    def folder(self, job: Job) -> Path:
        """Return the job's folder."""
        return (self.runs_folder if job.kind == "training" else self.labs_folder) / job.id

    def get(self, run_id: str) -> RunRecord:
        """Return the run as it is now.

        Raises:
            RunNotFound: there is none with this id.
        """
        job = self.job(run_id)
        if not isinstance(job, RunRecord):
            raise RunNotFound("runs.none", run=run_id[:64])
        return job

    def job(self, job_id: str) -> Job | None:
        """Return the job with this id as it is now; None where the index has none."""
        return self.database.read(lambda connection: _find(connection, job_id))

    def newest(self) -> list[RunRecord]:
        """Return all runs, newest first; they are read again only after a change of the index.

        Thirty browsers that look at a list of a thousand runs look at one copy of it.
        """

        def look(connection: sqlite3.Connection) -> tuple[Version, list[RunRecord]]:
            version = self.database.version(connection)
            if self._newest is not None and self._newest[0] == version:
                return self._newest
            query = f"{SELECT} WHERE kind = 'training' ORDER BY created DESC, id DESC"
            return version, [to_run(row) for row in connection.execute(query)]

        self._newest = newest = self.database.read(look)
        return list(newest[1])

    def in_states(self, states: Collection[State]) -> list[RunRecord]:
        """Return the runs in any of these states, in the order of the queue."""
        return [job for job in self.jobs(states) if isinstance(job, RunRecord)]

    def jobs(self, states: Collection[State]) -> list[Job]:
        """Return the jobs in any of these states, in the order of the queue."""
        marks = ", ".join("?" for _ in states)
        query = f"{SELECT} WHERE state IN ({marks}) ORDER BY position, created, id"
        rows = self.database.read(lambda c: c.execute(query, tuple(states)).fetchall())
        return [to_job(row) for row in rows]

    def add(self, records: Sequence[RunRecord]) -> list[RunRecord]:
        """Put queued runs at the end of the queue, all or none."""

        def append(connection: sqlite3.Connection) -> list[RunRecord]:
            last = _last_position(connection, "training")
            placed = [
                dataclasses.replace(record, position=last + number)
                for number, record in enumerate(records, start=1)
            ]
            for record in placed:
                insert(connection, record)
            return placed

        try:
            for record in records:
                self._make_folder(record)
            return self.database.write(append)
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

        def move_in(connection: sqlite3.Connection) -> None:
            insert(connection, record)
            self.runs_folder.mkdir(exist_ok=True)
            disk.replace(prepared, place)

        try:
            with job_folder.explained(place), disk.full_disk_explained(place):
                job_folder.write_run(prepared, record)
                self.database.write(move_in)
        except BaseException:
            shutil.rmtree(place, ignore_errors=True)
            raise

    def queue_laboratory(
        self, job: Job, allowed: Collection[State], prepare: Callable[[], None]
    ) -> Job | None:
        """Queue a laboratory, a new one or one that is in one of the allowed states.

        Args:
            prepare: writes its folder, within the transaction.

        Returns:
            The job in the queue; None where it is in another state, and unchanged.
        """

        def queue(connection: sqlite3.Connection) -> Job | None:
            present = _find(connection, job.id)
            if present is not None and present.state not in allowed:
                return None
            prepare()
            placed = dataclasses.replace(job, position=_last_position(connection, job.kind) + 1)
            insert(connection, placed)
            connection.execute(_RENUMBER)
            return placed

        placed = self.database.write(queue)
        if placed is not None:
            self._copy_to_folder(placed)
        return placed

    def change(
        self,
        job: _AnyJob,
        allowed: Collection[State],
        refusal: str = "jobs.changed",
        *,
        same_worker: bool = False,
        prepare: Callable[[], None] = lambda: None,
        **fields: Any,
    ) -> _AnyJob:
        """Change a job that is in one of the allowed states.

        Args:
            refusal: the error's key for a job in another state.
            same_worker: also refuse one whose worker is no longer the one of `job`.
            prepare: is called within the transaction, before the change.

        Raises:
            RunNotFound: there is no such job.
            WrongState: it is in another state, or another worker is at it.
        """

        def update(connection: sqlite3.Connection, present: _AnyJob) -> None:
            prepare()
            values = dict(fields)
            if values.get("state") == "queued":
                values["position"] = _last_position(connection, present.kind) + 1
            _update(connection, present.id, values)

        return self._transition(job, allowed, refusal, update, same_worker=same_worker)

    def ask(self, job: _AnyJob, request: Request, refusal: str) -> _AnyJob:
        """Send a request to a running job's worker; a queued job is paused or stopped at once.

        Raises:
            RunNotFound: there is no such job.
            WrongState: it is neither queued nor running.
        """
        state: State = "paused" if request == "pause" else "stopped"
        keys = {
            "pause": "errors.jobs.paused_before_start",
            "stop": "errors.jobs.stopped_before_start",
        }
        reason = Message(keys[request]).dumps()

        def note(connection: sqlite3.Connection, present: _AnyJob) -> None:
            queued = {"state": state, "exit_reason": reason}
            running = {"request": request}
            _update(connection, present.id, running if present.state == "running" else queued)

        return self._transition(job, ACTIVE, refusal, note)

    def move(self, run: RunRecord, position: int, refusal: str) -> RunRecord:
        """Give a queued run another place in the queue; 1 is the next to start.

        Raises:
            RunNotFound: there is no such run.
            WrongState: it is not queued.
        """

        def reorder(connection: sqlite3.Connection, present: RunRecord) -> None:
            # Between its new neighbours: before the one at that place if it comes from behind,
            # after it if it comes from the front.
            step = -0.5 if position <= present.position else 0.5
            _update(connection, present.id, {"position": position + step})

        return self._transition(run, {"queued"}, refusal, reorder)

    def remove(self, run: RunRecord, allowed: Collection[State], refusal: str) -> None:
        """Remove a run from the index; its folder is the caller's to delete.

        Raises:
            RunNotFound: there is no such run.
            WrongState: it is in a state that is not allowed.
        """

        def delete(connection: sqlite3.Connection) -> None:
            _check_state(connection, run, allowed, refusal)
            connection.execute("DELETE FROM job WHERE id = ?", (run.id,))
            connection.execute(_RENUMBER)

        self.database.write(delete)

    def _transition(
        self,
        job: _AnyJob,
        allowed: Collection[State],
        refusal: str,
        act: Callable[[sqlite3.Connection, _AnyJob], None],
        *,
        same_worker: bool = False,
    ) -> _AnyJob:
        """Change a job that is in one of the allowed states; copy the record to its folder."""

        def change(connection: sqlite3.Connection) -> _AnyJob:
            act(connection, _check_state(connection, job, allowed, refusal, same_worker))
            connection.execute(_RENUMBER)
            return _get(connection, job)

        changed = self.database.write(change)
        self._copy_to_folder(changed)
        return changed

    def claim(self, kind: Kind = "training") -> Job | None:
        """Take the first job of a kind off the queue; the caller must now start its worker."""

        def take(connection: sqlite3.Connection) -> Job | None:
            row = connection.execute(
                f"{SELECT} WHERE kind = ? AND state = 'queued' ORDER BY position, created, id",
                (kind,),
            ).fetchone()
            if row is None:
                return None
            job = to_job(row)
            fields = {"state": "running", "heartbeat": time.time(), "ended": None, **NO_WORKER}
            _update(connection, job.id, {**fields, "exit_reason": ""})
            connection.execute(_RENUMBER)
            return _find(connection, job.id)

        return self.database.write(take)

    def report(self, job_id: str, **fields: Any) -> Request | None:
        """Note a running worker's progress; return the request to it."""

        def note(connection: sqlite3.Connection) -> Request | None:
            _update(connection, job_id, {**fields, "heartbeat": time.time()})
            return _request(connection, job_id)

        return self.database.write(note)

    def requested(self, job_id: str) -> Request | None:
        """Return the request to a running worker; cheap enough for every 50 ms."""
        return self.database.read(lambda connection: _request(connection, job_id))

    def _make_folder(self, record: RunRecord) -> None:
        folder = self.runs_folder / record.id
        with job_folder.explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
            job_folder.write_run(folder, record)

    def _copy_to_folder(self, job: Job) -> None:
        """Copy the record, which only matters should the index be lost: a full disk does not stop
        a change."""
        try:
            if isinstance(job, RunRecord):
                job_folder.write_run(self.folder(job), job)
            else:
                job_folder.write_laboratory(self.folder(job), job)
        except OSError as error:
            _log.warning("The record in the folder of %s was not updated: %s", job.id, error)


@lru_cache(maxsize=1)
def _store(path: Path) -> Store:
    return Store(path)


def of_home() -> Store:
    """Return the store of the current home folder, shared by this process."""
    return _store(home.database_path())


def wrong_state(key: str, job: Job) -> WrongState:
    """Return the error for a job in the wrong state: its sentence has the title and the state."""
    return WrongState(key, title=job.title, state=Message(f"common.state.{job.state}"))


def _worker(job: Job) -> tuple[object, ...]:
    """Return what tells one start of a job from another: its process, or when it was claimed."""
    return (job.pid, job.pid_created) if job.pid is not None else (None, job.heartbeat)


def _find(connection: sqlite3.Connection, job_id: str) -> Job | None:
    row = connection.execute(f"{SELECT} WHERE id = ?", (job_id,)).fetchone()
    return None if row is None else to_job(row)


def _get(connection: sqlite3.Connection, job: _AnyJob) -> _AnyJob:
    present = _find(connection, job.id)
    if isinstance(present, type(job)):
        return present
    if isinstance(job, RunRecord):
        raise RunNotFound("runs.none", run=job.id)
    raise ResultNotFound("labs.no_result", result=job.id)


def _check_state(
    connection: sqlite3.Connection,
    job: _AnyJob,
    allowed: Collection[State],
    refusal: str,
    same_worker: bool = False,
) -> _AnyJob:
    """Return the job as it is now.

    Raises:
        WrongState: it is in a state that is not allowed, or another worker is at it.
    """
    present = _get(connection, job)
    if present.state not in allowed or (same_worker and _worker(present) != _worker(job)):
        raise wrong_state(refusal, present)
    return present


def _update(connection: sqlite3.Connection, job_id: str, fields: dict[str, Any]) -> None:
    query = f"UPDATE job SET {assignments(fields)} WHERE id = :id"
    if connection.execute(query, {**fields, "id": job_id}).rowcount == 0:
        raise RunNotFound("runs.deleted", run=job_id[:64])


def _request(connection: sqlite3.Connection, job_id: str) -> Request | None:
    row = connection.execute("SELECT request FROM job WHERE id = ?", (job_id,)).fetchone()
    # A job that was deleted under its worker has nothing left to compute.
    return "stop" if row is None else row[0]


def _last_position(connection: sqlite3.Connection, kind: Kind) -> float:
    query = "SELECT coalesce(max(position), 0) FROM job WHERE kind = ? AND state = 'queued'"
    return float(connection.execute(query, (kind,)).fetchone()[0])
