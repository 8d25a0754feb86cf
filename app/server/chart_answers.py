"""What the live charts ask for: figures and history as JSON, built once for all browsers.

An answer is kept for each question (runs, view, language, colours) until a run has
measured something new; thirty browsers that ask once a second cost one answer a second.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.figures import look
from app.figures.errors import MOST_POINTS, error_figure, time_end
from app.figures.layers import QUANTITIES, heat_map_figure, layer_figure, spread_of
from app.figures.series import Member, Series, gather
from app.language import progress, texts
from app.language.texts import Language, Speaker
from app.page_state.view import View, is_run_id
from app.server import captions
from app.server.feed import Feed, Reading
from resnet_core.errors import PlaygroundError
from resnet_core.runs.record import RESUMABLE, RunRecord

MOST_RUNS = 400
MOST_MOMENTS = 200
# Points of all curves, and values of all layers' histories, in one answer.
_POINTS = 40_000
_VALUES = 300_000
_MOST_KEPT = 128
_ZIPPED_FROM = 1000  # bytes


class BadQuestion(PlaygroundError):
    """A parameter of a route that cannot be used; the message names it."""


@dataclass(frozen=True)
class Question:
    """What a browser wants to see; the view's `at`, `hidden` and `zoom` are its own affair."""

    ids: tuple[str, ...]
    view: View
    language: Language
    dark: bool

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Question:
        """The question in a URL.

        Raises:
            BadQuestion: a parameter is unusable; the message names it.
        """
        ids = tuple(dict.fromkeys(filter(None, query.get("runs", "").split(","))))
        wrong = [run_id[:60] for run_id in ids if not is_run_id(run_id)]
        if wrong:
            raise BadQuestion("request.run_id", field="runs", given=wrong[0])
        if len(ids) > MOST_RUNS:
            raise BadQuestion("request.too_many_runs", count=len(ids), most=MOST_RUNS)
        own = {name: text for name, text in query.items() if name in View.model_fields}
        view, errors = View.from_query(own)
        for name in errors:
            raise BadQuestion("request.parameter", field=name, given=query[name][:60])
        language = query.get("lang", "en")
        if language not in texts.LANGUAGES:
            raise BadQuestion("request.language", given=language[:20])
        view = view.changed(at=None, hidden=(), zoom=None)
        return cls(ids, view, language, query.get("dark") == "1")


@dataclass(frozen=True)
class Answer:
    """JSON, plain and zipped, and the tag by which a browser knows that it has it already."""

    etag: str
    body: bytes
    zipped: bytes | None

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Answer:
        body = json.dumps(said, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
        etag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
        return cls(etag, body, gzip.compress(body, 5) if len(body) > _ZIPPED_FROM else None)


class Charts:
    """Answers, kept while they are true."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._kept: OrderedDict[tuple[str, Question], tuple[Any, Answer]] = OrderedDict()
        self._building = threading.Lock()

    def now(self, question: Question) -> Answer:
        """The three figures at the newest moment, and how far the runs are."""
        return self._answer("now", question, _now)

    def history(self, question: Question) -> Answer:
        """Every layer's values over time, thinned: what scrubbing shows."""
        return self._answer("history", question, _history)

    def _answer(self, kind: str, question: Question, build: Callable[..., Any]) -> Answer:
        records, missing = self._feed.records(question.ids)
        readings = [self._feed.read(record) for record in records]
        stamp = [
            (record.id, record.state, record.iteration, reading.position)
            for record, reading in zip(records, readings, strict=True)
        ]
        key = (kind, question)
        with self._building:
            kept = self._kept.get(key)
            if kept is None or kept[0] != stamp:
                said = build(question, self._series(records, readings, question), missing)
                said["faults"] = [reading.fault for reading in readings if reading.fault]
                # Changes when a stream is replaced (retry, resume), not when it grows.
                said["streams"] = " ".join(str(reading.position[0]) for reading in readings)
                kept = (stamp, Answer.of(said))
                self._kept[key] = kept
                if len(self._kept) > _MOST_KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return kept[1]

    def _series(
        self, records: Sequence[RunRecord], readings: Sequence[Reading], question: Question
    ) -> list[Series]:
        members = [
            Member(record, reading.telemetry, self._parent(record))
            for record, reading in zip(records, readings, strict=True)
        ]
        say = texts.speaker(question.language)
        return gather(members, say, question.view.x, question.view.error)

    def _parent(self, record: RunRecord) -> Any:
        if record.parent is None:
            return None
        found, _ = self._feed.records([record.parent])
        return self._feed.read(found[0]).telemetry if found else None


def _now(question: Question, series: Sequence[Series], missing: Sequence[str]) -> dict[str, Any]:
    say = texts.speaker(question.language)
    view, dark = question.view, question.dark
    points = min(MOST_POINTS, max(40, _POINTS // max(1, 2 * len(series))))
    draw = heat_map_figure if view.heat else layer_figure
    figures = {"error": error_figure(series, view, say, dark, points)}
    figures |= {quantity: draw(series, quantity, view, say, dark) for quantity in QUANTITIES}
    records = [record for one in series for record in one.records]
    reached = max((float(one.time[-1]) for one in series if len(one.time)), default=0.0)
    per_curve = max((one.count for one in series), default=1)
    return {
        "figures": {name: figure.to_plotly_json() for name, figure in figures.items()},
        "series": [_described(one, say, dark) for one in series],
        "end": time_end(series, view),
        "reached": reached,
        "caption": captions.caption(records, per_curve, say),
        "notes": captions.notes(series, view, say),
        "active": progress.progress(records).active,
        "poll": _poll(records, reached),
        "missing": list(missing),
    }


def _described(one: Series, say: Speaker, dark: bool) -> dict[str, Any]:
    return {
        "key": one.key,
        "label": one.label if one.count == 1 else f"{one.label} (n = {one.count})",
        "colour": look.colour(one, dark),
        "dash": look.dash(one),
        "layers": len(one.layers),
        "status": progress.describe(one.records, say),
        "done": progress.progress(one.records).done,
        "active": progress.progress(one.records).active,
    }


def _poll(records: Sequence[RunRecord], reached: float) -> int:
    """Milliseconds until a browser should ask again; 0: nothing more will come."""
    states = {record.state for record in records if not record.recorded}
    if "running" in states:
        return 500 if reached > 0 else 200  # the first point is waited for
    if "queued" in states:
        return 300
    return 8000 if states & (RESUMABLE | {"diverged"}) else 0


def _history(
    question: Question, series: Sequence[Series], _missing: Sequence[str]
) -> dict[str, Any]:
    values = sum(2 * len(one.layers) * (1 if one.count == 1 else 3) for one in series)
    most = min(MOST_MOMENTS, max(8, _VALUES // max(1, values)))
    return {"series": {one.key: _moments(one, most) for one in series if len(one.time)}}


def _moments(one: Series, most: int) -> dict[str, Any]:
    spreads = {quantity: spread_of(one, quantity) for quantity in QUANTITIES}
    where = look.moments([spread.mean for spread in spreads.values()], len(one.time), most)
    said: dict[str, Any] = {"time": look.rounded(one.time[where], 7), "names": list(one.layers)}
    for quantity, spread in spreads.items():
        parts = {"mean": spread.mean}
        if one.count > 1:
            parts |= {"low": spread.low, "high": spread.high}
        said[quantity] = {name: look.rounded(part[where], 3) for name, part in parts.items()}
    return said
