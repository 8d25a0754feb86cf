"""`events.jsonl`: the events of a laboratory, a line of JSON each, oldest first.

A line: `{"seconds": since the start, "kind": "progress" | "rows" | "verdict", ...}`. Numbers that
are not finite are written as Python's json does (NaN, Infinity): an error can diverge.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from resnet_core.errors import PlaygroundError
from resnet_core.labs.events import Event, Progress, Row, Rows, Verdict

# A progress bar need not move more often than five times a second.
_PROGRESS_SECONDS = 0.2


@dataclass
class Contents:
    """All events so far.

    Attributes:
        progress: the last one.
        rows: by table, in the order of the events.
        first_rows: seconds from the start to the first of them; None before.
    """

    progress: Progress | None = None
    rows: dict[str, list[Row]] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)
    first_rows: float | None = None


class EventWriter:
    """Writes each event to the file at once, from the file's beginning.

    Raises:
        OSError: the disk is full.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._clock = clock
        self._start = clock()
        self._progress_written = -_PROGRESS_SECONDS
        self._skipped: Progress | None = None

    def write(self, event: Event) -> None:
        """Add an event; of many reports of progress, five a second."""
        seconds = self._clock() - self._start
        if isinstance(event, Progress):
            if seconds - self._progress_written < _PROGRESS_SECONDS:
                self._skipped = event
                return
            self._progress_written, self._skipped = seconds, None
        self._add(event, seconds)

    def close(self) -> None:
        if self._skipped is not None:
            self._add(self._skipped, self._clock() - self._start)
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _add(self, event: Event, seconds: float) -> None:
        self._file.write(to_line(event, seconds) + "\n")
        self._file.flush()


def to_line(event: Event, seconds: float) -> str:
    """Return an event as JSON; numpy's and torch's scalars become plain numbers."""
    values: dict[str, Any] = {"seconds": round(seconds, 3)}
    match event:
        case Progress():
            values |= {"kind": "progress", "done": event.steps, "total": event.total}
        case Rows():
            values |= {"kind": "rows", "table": event.table, "rows": [*map(dict, event.rows)]}
        case Verdict():
            values |= {"kind": "verdict", "finding": event.finding, "values": dict(event.values)}
    return json.dumps(values, ensure_ascii=False, default=_number)


def read(path: Path) -> Contents:
    """Return the events so far; none where there is no such file yet. Not to be changed.

    A last line that a killed worker left half-written is left out.

    Raises:
        PlaygroundError: the file is damaged before its end.
    """
    try:
        state = path.stat()
    except FileNotFoundError:
        return Contents()
    return _cached(path, state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=64)
def _cached(path: Path, modified: int, size: int) -> Contents:
    """Return a file's contents, read once for each state of the file."""
    contents = Contents()
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return contents
    for number, text in enumerate(lines, start=1):
        try:
            if text:
                _add_event(contents, json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if number >= len(lines) - 1 and not any(lines[number:]):
                break  # torn
            raise PlaygroundError("labs.events_damaged", path=path, line=number) from error
    return contents


def _add_event(contents: Contents, values: dict[str, Any]) -> None:
    match values["kind"]:
        case "progress":
            contents.progress = Progress(int(values["done"]), int(values["total"]))
        case "rows":
            contents.rows.setdefault(values["table"], []).extend(values["rows"])
            if contents.first_rows is None:
                contents.first_rows = values["seconds"]
        case "verdict":
            contents.verdicts.append(Verdict(values["finding"], values["values"]))
        case other:
            raise ValueError(other)


def _number(value: Any) -> Any:
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} is no number, text or truth value")
