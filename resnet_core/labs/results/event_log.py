"""`events.jsonl`: what a laboratory has said, a line of JSON an event, oldest first.

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

# Nobody sees a bar move more often than five times a second.
_PROGRESS_SECONDS = 0.2


@dataclass
class Contents:
    """All that was said so far.

    Attributes:
        rows: by table, in the order in which they came.
        first_rows: seconds from the start to the first of them; None before.
    """

    progress: Progress | None = None
    rows: dict[str, list[Row]] = field(default_factory=dict)
    verdicts: list[Verdict] = field(default_factory=list)
    first_rows: float | None = None


class Journal:
    """Writes events as they come, each one to the file at once; starts the file anew.

    Raises:
        OSError: the disk is full.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._clock = clock
        self._start = clock()
        self._told = -_PROGRESS_SECONDS
        self._untold: Progress | None = None

    def write(self, event: Event) -> None:
        """Add an event; of many reports of progress, five a second."""
        seconds = self._clock() - self._start
        if isinstance(event, Progress):
            if seconds - self._told < _PROGRESS_SECONDS:
                self._untold = event
                return
            self._told, self._untold = seconds, None
        self._add(event, seconds)

    def close(self) -> None:
        if self._untold is not None:
            self._add(self._untold, self._clock() - self._start)
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
        self._file.write(line(event, seconds) + "\n")
        self._file.flush()


def line(event: Event, seconds: float) -> str:
    """An event as JSON. Numpy's and torch's single numbers are written as the numbers they are."""
    said: dict[str, Any] = {"seconds": round(seconds, 3)}
    match event:
        case Progress():
            said |= {"kind": "progress", "done": event.done, "total": event.total}
        case Rows():
            said |= {"kind": "rows", "table": event.table, "rows": [*map(dict, event.rows)]}
        case Verdict():
            said |= {"kind": "verdict", "finding": event.finding, "values": dict(event.values)}
    return json.dumps(said, ensure_ascii=False, default=_number)


def read(path: Path) -> Contents:
    """What was said so far; nothing where there is no such file yet. Not to be changed.

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
    """A file's contents, read once for each state of the file."""
    contents = Contents()
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return contents
    for number, text in enumerate(lines, start=1):
        try:
            if text:
                _take(contents, json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            if number >= len(lines) - 1 and not any(lines[number:]):
                break  # torn
            raise PlaygroundError(
                f"{path} is damaged in line {number}; run the laboratory again."
            ) from error
    return contents


def _take(contents: Contents, said: dict[str, Any]) -> None:
    match said["kind"]:
        case "progress":
            contents.progress = Progress(int(said["done"]), int(said["total"]))
        case "rows":
            contents.rows.setdefault(said["table"], []).extend(said["rows"])
            if contents.first_rows is None:
                contents.first_rows = said["seconds"]
        case "verdict":
            contents.verdicts.append(Verdict(said["finding"], said["values"]))
        case other:
            raise ValueError(other)


def _number(value: Any) -> Any:
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} is no number, text or truth value")
