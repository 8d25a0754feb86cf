"""Classes in the home folder: one SQLite file, which this module alone writes.

Nothing of a class is anywhere else. It is deleted when its teacher ends it, or after 30 days.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from resnet_core.classroom import codes
from resnet_core.classroom.record import (
    DAYS,
    Answer,
    ClassRecord,
    Lesson,
    Member,
    Result,
    nickname,
)
from resnet_core.errors import PlaygroundError
from resnet_core.system import home

MOST_MEMBERS = 300
MOST_CLASSES = 50
_BUSY_SECONDS = 15.0
_log = logging.getLogger(__name__)

Value = TypeVar("Value")

_TABLES = """
CREATE TABLE IF NOT EXISTS class (
    code TEXT PRIMARY KEY, created REAL NOT NULL, lesson TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1, news INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE TABLE IF NOT EXISTS member (
    id TEXT PRIMARY KEY, code TEXT NOT NULL, number INTEGER NOT NULL, name TEXT NOT NULL,
    joined REAL NOT NULL, FOREIGN KEY (code) REFERENCES class (code) ON DELETE CASCADE
) STRICT;
CREATE INDEX IF NOT EXISTS member_of_class ON member (code, number);
CREATE TABLE IF NOT EXISTS answer (
    member TEXT NOT NULL, question TEXT NOT NULL, vote INTEGER NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (member, question, vote),
    FOREIGN KEY (member) REFERENCES member (id) ON DELETE CASCADE
) STRICT;
CREATE TABLE IF NOT EXISTS result (
    member TEXT PRIMARY KEY, layers INTEGER NOT NULL, residual INTEGER NOT NULL,
    seed INTEGER NOT NULL, error REAL NOT NULL,
    FOREIGN KEY (member) REFERENCES member (id) ON DELETE CASCADE
) STRICT;
CREATE TABLE IF NOT EXISTS job (
    id TEXT PRIMARY KEY, code TEXT NOT NULL, member TEXT NOT NULL,
    FOREIGN KEY (code) REFERENCES class (code) ON DELETE CASCADE
) STRICT;
"""
_CLASS = "SELECT code, created, lesson, version, news FROM class"
_MEMBER = "SELECT id, code, number, name, joined FROM member"
_LESSON_FIELDS = {field.name for field in dataclasses.fields(Lesson)}


class Classes:
    """The classes of one home folder; safe from many threads."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def create(self) -> ClassRecord:
        """Begin a class.

        Raises:
            PlaygroundError: there are too many, or the file cannot be written.
        """

        def begin(connection: sqlite3.Connection) -> str:
            _sweep(connection)
            (present,) = connection.execute("SELECT count(*) FROM class").fetchone()
            if present >= MOST_CLASSES:
                raise PlaygroundError("classroom.too_many_classes", most=MOST_CLASSES)
            code = codes.new_code()
            connection.execute(
                "INSERT INTO class (code, created, lesson) VALUES (?, ?, ?)",
                (code, time.time(), _dumped(Lesson())),
            )
            return code

        return self.get(self._write(begin))

    def all(self) -> list[ClassRecord]:
        """Return every class, the newest first."""
        rows = self._read(lambda c: c.execute(f"{_CLASS} ORDER BY created DESC").fetchall())
        return [_to_class(row) for row in rows]

    def find(self, code: str) -> ClassRecord | None:
        """Return the class with this code, if there is one."""
        row = self._read(lambda c: c.execute(f"{_CLASS} WHERE code = ?", (code,)).fetchone())
        return None if row is None else _to_class(row)

    def get(self, code: str) -> ClassRecord:
        """Return the class with this code.

        Raises:
            PlaygroundError: there is none (any more).
        """
        found = self.find(code)
        if found is None:
            raise PlaygroundError("classroom.gone")
        return found

    def lead(self, code: str, **changes: Any) -> ClassRecord:
        """Change fields of the lesson; all pages of the class follow.

        Raises:
            PlaygroundError: there is no such class.
        """
        unknown = set(changes) - _LESSON_FIELDS
        if unknown:
            raise KeyError(f"a lesson has no {', '.join(sorted(unknown))}")

        def change(connection: sqlite3.Connection) -> None:
            row = connection.execute(f"{_CLASS} WHERE code = ?", (code,)).fetchone()
            if row is None:
                raise PlaygroundError("classroom.gone")
            lesson = dataclasses.replace(_to_class(row).lesson, **changes)
            connection.execute(
                "UPDATE class SET lesson = ?, version = version + 1, news = news + 1 "
                "WHERE code = ?",
                (_dumped(lesson), code),
            )

        self._write(change)
        return self.get(code)

    def end(self, code: str) -> None:
        """Delete a class with all that is kept of it."""
        self._write(lambda c: c.execute("DELETE FROM class WHERE code = ?", (code,)))

    def sweep(self) -> None:
        """Delete the classes that are older than 30 days."""
        self._write(_sweep)

    def join(self, code: str, name: str = "") -> Member:
        """Add a student.

        Raises:
            PlaygroundError: there is no such class, or it is full.
        """
        member = secrets.token_hex(16)

        def add(connection: sqlite3.Connection) -> None:
            row = connection.execute("SELECT 1 FROM class WHERE code = ?", (code,)).fetchone()
            if row is None:
                raise PlaygroundError("classroom.no_such_code")
            (last,) = connection.execute(
                "SELECT coalesce(max(number), 0) FROM member WHERE code = ?", (code,)
            ).fetchone()
            if last >= MOST_MEMBERS:
                raise PlaygroundError("classroom.full", most=MOST_MEMBERS)
            connection.execute(
                "INSERT INTO member (id, code, number, name, joined) VALUES (?, ?, ?, ?, ?)",
                (member, code, last + 1, nickname(name), time.time()),
            )
            _note(connection, code)

        self._write(add)
        found = self.member(member)
        assert found is not None
        return found

    def leave(self, member: str) -> None:
        """Delete a student with all answers and results."""

        def remove(connection: sqlite3.Connection) -> None:
            row = connection.execute("SELECT code FROM member WHERE id = ?", (member,)).fetchone()
            if row is not None:
                connection.execute("DELETE FROM member WHERE id = ?", (member,))
                _note(connection, row[0])

        self._write(remove)

    def member(self, member: str) -> Member | None:
        """Return the student with this id, if the class still lasts."""
        row = self._read(lambda c: c.execute(f"{_MEMBER} WHERE id = ?", (member,)).fetchone())
        return None if row is None else Member(**dict(zip(_MEMBER_FIELDS, row, strict=True)))

    def members(self, code: str) -> list[Member]:
        """Return a class's students in the order of joining."""
        query = f"{_MEMBER} WHERE code = ? ORDER BY number"
        rows = self._read(lambda c: c.execute(query, (code,)).fetchall())
        return [Member(**dict(zip(_MEMBER_FIELDS, row, strict=True))) for row in rows]

    def answer(self, answer: Answer) -> None:
        """Keep a student's answer, in the place of an earlier one in the same vote.

        Raises:
            PlaygroundError: the class is paused or over, or this question is not being asked.
        """

        def put(connection: sqlite3.Connection) -> None:
            record = _class_of(connection, answer.member)
            check_asked(record.lesson, answer)
            connection.execute(
                "INSERT OR REPLACE INTO answer (member, question, vote, value) VALUES (?, ?, ?, ?)",
                (answer.member, answer.question, answer.vote, json.dumps(answer.value)),
            )
            _note(connection, record.code)

        self._write(put)

    def answers(self, code: str, question: str | None = None) -> list[Answer]:
        """Return a class's answers, to one question or to all, in the order of joining."""
        rows = self._read(
            lambda c: c.execute(
                "SELECT member, question, vote, value FROM answer JOIN member ON id = member "
                "WHERE code = ? AND (? IS NULL OR question = ?) ORDER BY number, question, vote",
                (code, question, question),
            ).fetchall()
        )
        return [
            Answer(member=member, question=asked, vote=vote, value=json.loads(value))
            for member, asked, vote, value in rows
        ]

    def put_result(self, result: Result) -> None:
        """Keep what a phone's training ended with, in the place of an earlier result.

        Raises:
            PlaygroundError: the class is paused or over, or nothing was dealt.
        """

        def put(connection: sqlite3.Connection) -> None:
            record = _class_of(connection, result.member)
            if record.lesson.paused:
                raise PlaygroundError("classroom.paused")
            if not record.lesson.dealt:
                raise PlaygroundError("classroom.not_dealt")
            connection.execute(
                "INSERT OR REPLACE INTO result VALUES (:member, :layers, :residual, :seed, :error)",
                dataclasses.asdict(result),
            )
            _note(connection, record.code)

        self._write(put)

    def results(self, code: str) -> list[Result]:
        """Return the results of a class, in the order of joining."""
        rows = self._read(
            lambda c: c.execute(
                "SELECT member, layers, residual, seed, error FROM result "
                "JOIN member ON id = member WHERE code = ? ORDER BY number",
                (code,),
            ).fetchall()
        )
        return [
            Result(member=member, layers=layers, residual=bool(residual), seed=seed, error=error)
            for member, layers, residual, seed, error in rows
        ]

    def own(self, jobs: Sequence[str], code: str, member: str = "") -> None:
        """Note that a student, or the class's teacher, has started these jobs."""
        rows = [(job, code, member) for job in jobs]
        self._write(
            lambda c: c.executemany(
                "INSERT OR IGNORE INTO job (id, code, member) VALUES (?, ?, ?)", rows
            )
        )

    def owners(self) -> dict[str, tuple[str, str]]:
        """Return by job the code and the member (or "") who started it."""
        rows = self._read(lambda c: c.execute("SELECT id, code, member FROM job").fetchall())
        return {job: (code, member) for job, code, member in rows}

    def owner(self, job: str) -> tuple[str, str]:
        """Return the code and the member who started a job; empty for jobs of no class."""
        query = "SELECT code, member FROM job WHERE id = ?"
        return self._read(lambda c: c.execute(query, (job,)).fetchone()) or ("", "")

    def _read(self, operation: Callable[[sqlite3.Connection], Value]) -> Value:
        return self._run("BEGIN", operation)

    def _write(self, operation: Callable[[sqlite3.Connection], Value]) -> Value:
        return self._run("BEGIN IMMEDIATE", operation)

    def _run(self, begin: str, operation: Callable[[sqlite3.Connection], Value]) -> Value:
        with self._lock:
            try:
                connection = self._open()
                connection.execute(begin)
                try:
                    value = operation(connection)
                    connection.execute("COMMIT")
                    return value
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise PlaygroundError("classroom.unusable", path=self.path, reason=error) from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is None or not self.path.exists():
            try:
                self._connection = _connected(self.path)
            except sqlite3.DatabaseError as error:
                if (getattr(error, "sqlite_errorcode", 0) & 0xFF) not in _DAMAGED:
                    raise
                aside = self.path.with_name(f"{self.path.name}.damaged-{int(time.time())}")
                self.path.replace(aside)
                _log.warning("The file of classes was damaged; it was moved to %s.", aside)
                self._connection = _connected(self.path)
        return self._connection


_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_MEMBER_FIELDS = ("id", "code", "number", "name", "joined")


def of_home() -> Classes:
    """Return the classes of the current home folder, shared by this process."""
    return _classes(home.home() / "classes.sqlite3")


@lru_cache(maxsize=8)
def _classes(path: Path) -> Classes:
    return Classes(path)


def check_asked(lesson: Lesson, answer: Answer) -> None:
    """Raise PlaygroundError unless the lesson takes this answer now.

    The five questions are asked with the steps "start" and "end".
    """
    if lesson.paused:
        raise PlaygroundError("classroom.paused")
    asked = answer.question == lesson.step or answer.question.startswith(f"{lesson.step}.")
    if not lesson.step or not asked or lesson.phase != "asked" or answer.vote != lesson.vote:
        raise PlaygroundError("classroom.not_asked")


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(
            "PRAGMA secure_delete = ON"
        )  # what was deleted is not in the file either
        connection.executescript(_TABLES)
    except BaseException:
        connection.close()
        raise
    return connection


def _sweep(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM class WHERE created < ?", (time.time() - DAYS * 86400,))


def _note(connection: sqlite3.Connection, code: str) -> None:
    connection.execute("UPDATE class SET news = news + 1 WHERE code = ?", (code,))


def _class_of(connection: sqlite3.Connection, member: str) -> ClassRecord:
    row = connection.execute(
        f"{_CLASS} WHERE code = (SELECT code FROM member WHERE id = ?)", (member,)
    ).fetchone()
    if row is None:
        raise PlaygroundError("classroom.gone")
    return _to_class(row)


def _to_class(row: tuple[Any, ...]) -> ClassRecord:
    code, created, lesson, version, news = row
    stored = json.loads(lesson)
    known = {name: stored[name] for name in _LESSON_FIELDS & set(stored)}
    return ClassRecord(
        code=code, created=created, lesson=Lesson(**known), version=version, news=news
    )


def _dumped(lesson: Lesson) -> str:
    return json.dumps(dataclasses.asdict(lesson))
