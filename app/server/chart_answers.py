"""Answers about charts: figures and history of runs as JSON, from telemetry that is followed.

An answer is cached by request (runs, view, language, colours) until a run has a new record;
thirty browsers that ask once a second cost one answer a second, and one tailer a run.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import AfterValidator, Field, field_validator

from app.figures import look
from app.figures.errors import MOST_POINTS, error_figure, time_end
from app.figures.layers import QUANTITIES, heat_map_figure, layer_figure, spread_of
from app.figures.series import Member, Series, gather, moments
from app.language import texts
from app.language.texts import Language, Speaker
from app.page_data.runs import caption, find_runs, notes, progress, progress_text
from app.page_state.query import PageState
from app.page_state.view import View, is_run_id
from app.server.answers import Answer, AnswerCache, LruCache
from resnet_core.errors import InvalidSetting, PlaygroundError
from resnet_core.runs import curves, queries
from resnet_core.runs.curves import Telemetry
from resnet_core.runs.folder import RunFolder
from resnet_core.runs.record import RESUMABLE, RunRecord
from resnet_core.telemetry.stream import VECTORS, Tail

MOST_RUNS = 400
MOST_MOMENTS = 200
_MOST_ANSWERS = 128
# Points of all curves, and values of all layers' histories, in one answer.
_POINTS = 40_000
_VALUES = 300_000
_MOST_FOLLOWED = 256
_RECORDS_AGE = 0.2  # seconds; thirty browsers that poll share one query of the index
_CAPACITY = 256  # rows at first; doubled whenever it is used up

Position = tuple[int, ...]


def _valid_run(run_id: str) -> str:
    if not is_run_id(run_id):
        raise InvalidSetting("runs", "request.run_id", given=run_id[:60])
    return run_id


class ChartRequest(PageState):
    """A request for charts of runs, in one language and one theme's colours."""

    runs: Annotated[
        tuple[Annotated[str, AfterValidator(_valid_run)], ...],
        AfterValidator(lambda ids: tuple(dict.fromkeys(ids))),
        Field(max_length=MOST_RUNS),
    ] = ()
    lang: Language = "en"
    dark: bool = False
    view: View = View()

    @field_validator("view")
    @classmethod
    def _shared(cls, view: View) -> View:
        """Drop what the browser applies by itself."""
        return view.changed(at=None, hidden=(), zoom=None)


class Charts:
    """Cached answers about runs.

    Args:
        feed: of the runs' telemetry.
    """

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._answers: AnswerCache[tuple[str, ChartRequest]] = AnswerCache(_MOST_ANSWERS)

    def now(self, request: ChartRequest) -> Answer:
        """Return the three figures at the newest time, and the progress of the runs."""
        return self._answer("now", request, _now)

    def history(self, request: ChartRequest) -> Answer:
        """Return every layer's values over time, thinned, for scrubbing."""
        return self._answer("history", request, _history)

    def _answer(self, kind: str, request: ChartRequest, build: Callable[..., Any]) -> Answer:
        records, missing = self._feed.records(request.runs)
        readings = [self._feed.read(record) for record in records]
        parents = [self._parent(record) for record in records]
        version = [
            (run.id, run.state, run.iteration, reading.position, parent and parent.position)
            for run, reading, parent in zip(records, readings, parents, strict=True)
        ]

        def fields() -> dict[str, Any]:
            members = [
                Member(record, reading.telemetry, parent.telemetry if parent else None)
                for record, reading, parent in zip(records, readings, parents, strict=True)
            ]
            say = texts.speaker(request.lang)
            series = gather(members, say, request.view.x, request.view.error)
            return {
                **build(request, series, missing),
                "faults": [reading.fault for reading in readings if reading.fault],
                # Changes when a stream is replaced (retry, resume), not when it grows.
                "streams": " ".join(str(reading.position[0]) for reading in readings),
            }

        return self._answers.get((kind, request), version, fields)

    def _parent(self, record: RunRecord) -> Reading | None:
        if record.parent is None:
            return None
        records, _ = self._feed.records([record.parent])
        return self._feed.read(records[0]) if records else None


def _now(request: ChartRequest, series: Sequence[Series], missing: Sequence[str]) -> dict[str, Any]:
    say = texts.speaker(request.lang)
    view, dark = request.view, request.dark
    points = min(MOST_POINTS, max(40, _POINTS // max(1, 2 * len(series))))
    draw = heat_map_figure if view.heat else layer_figure
    figures = {"error": error_figure(series, view, say, dark, points)}
    figures |= {quantity: draw(series, quantity, view, say, dark) for quantity in QUANTITIES}
    records = [record for curve in series for record in curve.records]
    reached = max((float(curve.time[-1]) for curve in series if len(curve.time)), default=0.0)
    per_curve = max((curve.count for curve in series), default=1)
    return {
        "figures": {name: figure.to_plotly_json() for name, figure in figures.items()},
        "series": [_curve_fields(curve, say, dark) for curve in series],
        "end": time_end(series, view),
        "reached": reached,
        "caption": caption(records, per_curve, say),
        "notes": notes(series, view, say),
        "active": progress(records).active,
        "poll": _poll(records, reached),
        "missing": list(missing),
    }


def _curve_fields(curve: Series, say: Speaker, dark: bool) -> dict[str, Any]:
    return {
        "key": curve.key,
        "label": curve.label if curve.count == 1 else f"{curve.label} (n = {curve.count})",
        "colour": look.colour(curve, dark),
        "dash": look.dash(curve),
        "layers": len(curve.layers),
        "status": progress_text(curve.records, say),
        "done": progress(curve.records).share,
        "active": progress(curve.records).active,
    }


def _poll(records: Sequence[RunRecord], reached: float) -> int:
    """Return the milliseconds until a browser should ask again; 0 if nothing can change."""
    states = {record.state for record in records if not record.recorded}
    if "running" in states:
        return 500 if reached > 0 else 200  # readers wait for the first point
    if "queued" in states:
        return 300
    return 8000 if states & (RESUMABLE | {"diverged"}) else 0


def _history(
    request: ChartRequest, series: Sequence[Series], _missing: Sequence[str]
) -> dict[str, Any]:
    values = sum(2 * len(curve.layers) * (1 if curve.count == 1 else 3) for curve in series)
    most = min(MOST_MOMENTS, max(8, _VALUES // max(1, values)))
    return {"series": {curve.key: _moments(curve, most) for curve in series if len(curve.time)}}


def _moments(curve: Series, most: int) -> dict[str, Any]:
    """Return the layers' values at no more than this many times."""
    spreads = {quantity: spread_of(curve, quantity) for quantity in QUANTITIES}
    rows = moments([spread.mean for spread in spreads.values()], len(curve.time), most)
    times, names = look.rounded(curve.time[rows], 7), list(curve.layers)
    fields: dict[str, Any] = {"time": times, "names": names}
    for quantity, spread in spreads.items():
        parts = {"mean": spread.mean}
        if curve.count > 1:
            parts |= {"low": spread.low, "high": spread.high}
        fields[quantity] = {name: look.rounded(part[rows], 3) for name, part in parts.items()}
    return fields


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
