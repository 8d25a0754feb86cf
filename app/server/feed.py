"""The telemetry of runs, followed once for all who look: one tailer a run and server."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from app.collected import Collected
from app.page_data.runs import find_runs
from resnet_core.errors import PlaygroundError
from resnet_core.runs import curves, queries
from resnet_core.runs.curves import Telemetry
from resnet_core.runs.folder import RunFolder
from resnet_core.runs.record import RunRecord
from resnet_core.telemetry.stream import Tail

_MOST_FOLLOWED = 256
_RECORDS_AGE = 0.2  # seconds; thirty browsers that poll share one look at the index

Position = tuple[int, ...]


@dataclass(frozen=True)
class Reading:
    """What a run has measured so far.

    Attributes:
        position: changes whenever the telemetry does.
        fault: why it could not be read, else "".
    """

    telemetry: Telemetry
    position: Position
    fault: str = ""


class _Follower:
    """Collects a stream's rows as they are written."""

    def __init__(self, folder: RunFolder) -> None:
        self._tail = Tail(folder.stream)
        self._rows = Collected()
        self._begun = 0
        self._reading = Reading(curves.from_table(pa.table({})), (0, 0))

    def read(self) -> Reading:
        new = self._tail.poll()
        if new is None:
            return self._reading
        if self._tail.replaced:
            self._rows, self._begun = Collected(), self._begun + 1
        self._rows.add(new)
        self._reading = Reading(self._rows.telemetry(), (self._begun, len(self._rows)))
        return self._reading


class Feed:
    """Readings and records for the routes; safe to ask from many threads."""

    def __init__(self) -> None:
        self._followers: OrderedDict[str, _Follower] = OrderedDict()
        self._records: dict[tuple[str, ...], tuple[float, list[RunRecord], list[str]]] = {}
        self._guard = threading.Lock()

    def records(self, ids: Sequence[str]) -> tuple[list[RunRecord], list[str]]:
        """The runs with these ids as of a moment ago, and the ids that no run has."""
        key = tuple(ids)
        now = time.monotonic()
        with self._guard:
            known = self._records.get(key)
            if known is not None and now - known[0] < _RECORDS_AGE:
                return known[1], known[2]
        found, missing = find_runs(ids)
        with self._guard:
            if len(self._records) > _MOST_FOLLOWED:
                self._records.clear()
            self._records[key] = (now, found, missing)
        return found, missing

    def read(self, record: RunRecord) -> Reading:
        """Everything the run has measured; a run whose file is damaged says so and is empty."""
        folder = queries.folder(record)
        if not record.recorded and folder.stream.exists():
            with self._guard:
                return self._follower(folder).read()
        try:
            stat = folder.compacted.stat()
            return Reading(curves.read(folder), (stat.st_mtime_ns, stat.st_size))
        except FileNotFoundError:
            return Reading(curves.from_table(pa.table({})), (0, 0))
        except PlaygroundError as error:
            return Reading(curves.from_table(pa.table({})), (-1,), str(error))

    def _follower(self, folder: RunFolder) -> _Follower:
        key = str(folder.path)
        if key not in self._followers:
            self._followers[key] = _Follower(folder)
            if len(self._followers) > _MOST_FOLLOWED:
                self._followers.popitem(last=False)
        self._followers.move_to_end(key)
        return self._followers[key]
