"""Telemetry of runs, followed once for all readers: one tailer a run and server."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from app.page_data.runs import find_runs
from app.server.answers import LruCache
from resnet_core.errors import PlaygroundError
from resnet_core.runs import curves, queries
from resnet_core.runs.curves import VECTORS, Telemetry
from resnet_core.runs.folder import RunFolder
from resnet_core.runs.record import RunRecord
from resnet_core.telemetry.stream import Tail

_MOST_FOLLOWED = 256
_RECORDS_AGE = 0.2  # seconds; thirty browsers that poll share one query of the index
_CAPACITY = 256  # rows at first; doubled whenever it is used up

Position = tuple[int, ...]


@dataclass(frozen=True)
class Reading:
    """Telemetry of a run so far.

    Attributes:
        position: changes whenever the telemetry does; its first number only when a stream was
            replaced, by a resume or a retry.
        fault: why it could not be read, else "".
    """

    telemetry: Telemetry
    position: Position
    fault: str = ""


class Feed:
    """Readings and records for the routes; safe to use from many threads."""

    def __init__(self) -> None:
        self._followers: LruCache[str, _Follower] = LruCache(_MOST_FOLLOWED)
        self._records: LruCache[tuple[str, ...], tuple[float, list[RunRecord], list[str]]]
        self._records = LruCache(_MOST_FOLLOWED)
        self._guard = threading.Lock()

    def records(self, ids: Sequence[str]) -> tuple[list[RunRecord], list[str]]:
        """Return the runs with these ids as of a moment ago, and the ids that no run has."""
        key, now = tuple(ids), time.monotonic()
        with self._guard:
            recent = self._records.get(key)
        if recent is None or now - recent[0] > _RECORDS_AGE:
            recent = (now, *find_runs(ids))
            with self._guard:
                self._records.put(key, recent)
        return recent[1], recent[2]

    def read(self, record: RunRecord) -> Reading:
        """Return the telemetry of a run; empty with a fault where its file is damaged."""
        folder = queries.folder(record)
        if not record.recorded and folder.stream.exists():
            with self._guard:
                key = str(folder.path)
                follower = self._followers.get(key) or _Follower(folder)
                self._followers.put(key, follower)
                return follower.read()
        try:
            stat = folder.compacted.stat()
            return Reading(curves.read(folder), (stat.st_mtime_ns, stat.st_size))
        except FileNotFoundError:
            return Reading(curves.from_table(pa.table({})), (0, 0))
        except PlaygroundError as error:
            return Reading(curves.from_table(pa.table({})), (-1,), str(error))


class _Follower:
    """Collects a stream's rows as they are written."""

    def __init__(self, folder: RunFolder) -> None:
        self._tail = Tail(folder.stream)
        self._rows = GrowingTelemetry()
        self._streams = 0
        self._reading = Reading(curves.from_table(pa.table({})), (0, 0))

    def read(self) -> Reading:
        rows = self._tail.poll()
        if rows is None:
            return self._reading
        if self._tail.replaced:
            self._rows, self._streams = GrowingTelemetry(), self._streams + 1
        self._rows.append(rows)
        self._reading = Reading(self._rows.telemetry(), (self._streams, len(self._rows)))
        return self._reading


class GrowingTelemetry:
    """The rows of one stream so far; a new row costs its own size, not that of all rows.

    Results of `telemetry` stay valid when rows are appended.
    """

    def __init__(self) -> None:
        self._names: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        self._columns: dict[str, NDArray[Any]] = {}
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, rows: pa.Table) -> None:
        """Append rows of the stream, which all have its columns."""
        new = curves.from_table(rows)
        self._names = (new.layers, new.blocks)
        begin, self._length = self._length, self._length + len(new.frame)
        parts = {name: new.frame[name].to_numpy() for name in new.frame.columns}
        parts |= {name: getattr(new, name) for name in VECTORS}
        for name, part in parts.items():
            self._column(name, part)[begin : self._length] = part

    def telemetry(self) -> Telemetry:
        """Return all rows, without a copy of the layers' values."""
        if not self._columns:
            return curves.from_table(pa.table({}))
        columns = {name: column[: self._length] for name, column in self._columns.items()}
        response, gradient, branch = (columns.pop(name) for name in VECTORS)
        return Telemetry(pd.DataFrame(columns), *self._names, response, gradient, branch)

    def _column(self, name: str, part: NDArray[Any]) -> NDArray[Any]:
        """Return the column's array, enlarged to twice the rows where it is too small."""
        column = self._columns.get(name)
        if column is None or len(column) < self._length:
            larger = np.empty((max(_CAPACITY, 2 * self._length), *part.shape[1:]), part.dtype)
            if column is not None:
                larger[: len(column)] = column
            self._columns[name] = column = larger
        return column
