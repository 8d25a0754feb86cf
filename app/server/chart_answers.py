"""Answers about charts: figures and history of runs as JSON, with captions and notes.

An answer is cached by request (runs, view, language, colours) until a run has a new record;
thirty browsers that ask once a second cost one answer a second.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field, field_validator

from app.figures import look
from app.figures.errors import MOST_POINTS, error_figure, time_end
from app.figures.layers import MOST_MAPS, QUANTITIES, heat_map_figure, layer_figure, spread_of
from app.figures.series import Member, Series, gather
from app.language import progress, texts
from app.language.texts import Language, Speaker
from app.page_data.runs import source_of
from app.page_state.query import PageState
from app.page_state.view import View, is_run_id
from app.server.answers import Answer, AnswerCache
from app.server.feed import Feed, Reading
from resnet_core.errors import InvalidSetting
from resnet_core.paper import cifar
from resnet_core.runs.record import ACTIVE, RESUMABLE, RunRecord

MOST_RUNS = 400
MOST_MOMENTS = 200
_MOST_ANSWERS = 128
# Points of all curves, and values of all layers' histories, in one answer.
_POINTS = 40_000
_VALUES = 300_000


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
        "active": progress.progress(records).active,
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
        "status": progress.describe(curve.records, say),
        "done": progress.progress(curve.records).share,
        "active": progress.progress(curve.records).active,
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
    rows = look.moments([spread.mean for spread in spreads.values()], len(curve.time), most)
    times, names = look.rounded(curve.time[rows], 7), list(curve.layers)
    moments: dict[str, Any] = {"time": times, "names": names}
    for quantity, spread in spreads.items():
        parts = {"mean": spread.mean}
        if curve.count > 1:
            parts |= {"low": spread.low, "high": spread.high}
        moments[quantity] = {name: look.rounded(part[rows], 3) for name, part in parts.items()}
    return moments


_MOST_NAMED = 3


def caption(records: Sequence[RunRecord], per_curve: int, say: Speaker) -> str:
    """Return for example "CIFAR-10 · 8,000 iterations (paper: 64,000) · recorded 2026-11-20 on
    a Xeon · seed 0, n = 1".

    Args:
        per_curve: n, the most runs that one curve stands for.
    """
    if not records:
        return ""
    parts = [_listed([_data(record) for record in records])]
    trained = [record for record in records if not record.imported]
    if trained:
        length, origin = _length(trained, say), _origin(trained, say)
        parts += [length, origin, _seeds(trained, per_curve, say)]
    files = _listed([_file(record) for record in records if record.imported])
    if files:
        parts.append(say("charts.caption.imported", files=files))
    return " · ".join(part for part in parts if part)


def notes(series: Sequence[Series], view: View, say: Speaker) -> dict[str, str]:
    """Return the note under each panel: how its values were measured, and what is left out."""
    if not series:
        return {}
    response = [say("charts.response.note")]
    audits = [worst for curve in series if (worst := _worst_audit(curve)) is not None]
    if audits:
        response.append(say("charts.response.audit", percent=f"{max(audits) * 100:.2g}"))
    gradient = [say("charts.gradient.note")]
    if view.heat and len(series) > MOST_MAPS:
        gradient.append(say("charts.heat.limit", n=MOST_MAPS))
    error = [say(f"charts.error.note_{view.error}")]
    imported = [curve for curve in series if curve.imported]
    if imported:
        networks = _listed([curve.label for curve in imported])
        measured = _listed([_measured(curve.records[0]) for curve in imported])
        error.append(say("charts.error.imported", networks=networks, errors=measured))
        for note in (response, gradient):
            note.append(say("charts.response.imported"))
    return {
        "error": " ".join(error),
        "response": " ".join(response),
        "gradient": " ".join(gradient),
    }


def _worst_audit(series: Series) -> float | None:
    """Return the largest difference of response stds from a direct measurement, a fraction."""
    errors = [
        float(member.telemetry.frame["audit_error"].max())
        for member in series.members
        if "audit_error" in member.telemetry.frame
    ]
    return max((error for error in errors if not math.isnan(error)), default=None)


def _measured(record: RunRecord) -> str:
    source = source_of(record)
    return f"{record.test_error:.1f} % (n = {source.images:,})" if source else "?"


def _data(record: RunRecord) -> str:
    size = record.experiment.image_size
    title = record.data_title or record.experiment.data
    images = record.experiment.train_images
    sized = f"{title}, {size}×{size}" if size else title
    return f"{sized}, {images:,}" if images else sized


def _length(records: Sequence[RunRecord], say: Speaker) -> str:
    """Return the length of the training beside the paper's; "" where the runs differ."""
    lengths = {record.experiment.iterations for record in records}
    if len(lengths) > 1:
        return ""
    (iterations,) = lengths
    if not all(record.experiment.network.startswith("cifar/") for record in records):
        return say("charts.caption.length", n=iterations)
    key = "length_paper" if iterations == cifar.ITERATIONS else "length_beside"
    return say(f"charts.caption.{key}", n=iterations, paper=cifar.ITERATIONS)


def _origin(records: Sequence[RunRecord], say: Speaker) -> str:
    machines = _listed([record.hardware or record.device for record in records])
    if all(record.recorded for record in records):
        day = datetime.datetime.fromtimestamp(max(r.created for r in records), datetime.UTC)
        return say("charts.caption.recorded", day=f"{day:%Y-%m-%d}", machine=machines or "?")
    if any(record.recorded for record in records):
        return say("charts.caption.mixed", machine=machines)
    live = any(record.state in ACTIVE for record in records)
    key = "charts.caption.live" if live else "charts.caption.here"
    return " · ".join(filter(None, [say(key), machines]))


def _file(record: RunRecord) -> str:
    source = source_of(record)
    return source.file if source else record.title


def _seeds(records: Sequence[RunRecord], n: int, say: Speaker) -> str:
    seeds = sorted({record.experiment.seed for record in records})
    if len(seeds) == 1:
        return say("charts.caption.seed", seed=seeds[0], n=n)
    return say("charts.caption.seeds", seeds=_listed([str(seed) for seed in seeds], 6), n=n)


def _listed(names: Sequence[str], most: int = _MOST_NAMED) -> str:
    unique = list(dict.fromkeys(name for name in names if name))
    return ", ".join(unique[:most]) + (", …" if len(unique) > most else "")
