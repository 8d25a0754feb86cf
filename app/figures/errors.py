"""Training error (bold) and test error (thin) over time, as in the paper's Figs. 1 and 6."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from app.figures import look, marks
from app.figures.series import Floats, Series
from app.language.texts import Speaker
from app.page_state.view import View
from resnet_core.runs.record import ACTIVE

MOST_POINTS = 400
_LEAST_ON_LOG = 0.01  # percent; an error of 0 has no place on a logarithmic axis


def error_figure(
    series: Sequence[Series], view: View, say: Speaker, dark: bool, points: int = MOST_POINTS
) -> go.Figure:
    """The error curves of some runs.

    Args:
        points: about how many a curve may have.
    """
    # Thin curves first: the bold ones lie on top.
    traces = [
        trace
        for draw in (_test_traces, _training_traces)
        for curve in series
        for trace in draw(curve, view, say, dark, points)
    ]
    drops, drop_labels = marks.learning_rate_marks(series, view, say, dark)
    paper, paper_labels = marks.paper_marks(series, say, dark)
    titles = (
        say("charts.error.title", measured=say(f"charts.error.{view.error}")),
        say(f"charts.axis.{view.x}"),
        say("charts.error.axis"),
    )
    return look.figure(
        traces,
        dark,
        titles,
        xaxis={"range": [0, time_end(series, view)]},
        yaxis=_error_axis(series, view),
        shapes=drops + paper,
        annotations=drop_labels + paper_labels,
    )


def time_end(series: Sequence[Series], view: View) -> float:
    """End of the time axis: the end of the longest run, reached or planned."""
    return max((_end(curve, view) for curve in series), default=1.0) or 1.0


def _end(curve: Series, view: View) -> float:
    reached = float(curve.time[-1]) if len(curve.time) else 0.0
    if view.x == "seconds":
        return reached
    ends = [reached]
    for member in curve.members:
        frame, record = member.telemetry.frame, member.record
        if record.state not in ACTIVE | {"paused"} or frame.empty:
            continue
        last = frame.iloc[-1]
        per_iteration = 1.0
        if view.x == "epochs":
            per_iteration = last["epoch"] / last["iteration"] if last["iteration"] else 0.0
        ends.append(record.experiment.iterations * per_iteration)
    planned = [r.experiment.iterations for r in curve.records if view.x == "iterations"]
    return max(ends) if len(curve.time) else float(max(planned, default=0))


def _training_traces(
    curve: Series, view: View, say: Speaker, dark: bool, points: int
) -> list[go.Scatter]:
    colour = look.colour(curve, dark)
    where = look.extremes(curve.error.mean, points)
    time, values = curve.time[where], curve.error.mean[where]
    traces = []
    if curve.count > 1:
        low, high = curve.error.low[where], curve.error.high[where]
        meta = {"series": curve.key, "role": "band"}
        traces.append(look.band(time, low, high, curve.key, colour, meta=meta))
    if view.smooth:
        raw = _line(curve, time, values, colour, 1.5, "raw", say("charts.error.raw"))
        traces.append(raw.update(opacity=0.3, showlegend=False))
        values = look.smoothed(values, view.smooth)
    bold = _line(curve, time, values, colour, 3, "train", say("charts.error.train"))
    traces.append(bold)
    if curve.forked_at is not None and len(time):
        traces.append(_fork_mark(curve, time, values, colour))
    return traces


def _test_traces(
    curve: Series, view: View, say: Speaker, dark: bool, points: int
) -> list[go.Scatter]:
    where = look.extremes(curve.test.mean, points)
    values = curve.test.mean[where]
    if view.smooth:
        values = look.smoothed(values, view.smooth)
    name = say("charts.error.test")
    trace = _line(curve, curve.time[where], values, look.colour(curve, dark), 1.2, "test", name)
    return [trace.update(showlegend=False)]


def _line(
    curve: Series, time: Floats, values: Floats, colour: str, width: float, role: str, unit: str
) -> go.Scatter:
    return go.Scatter(
        x=look.rounded(time, 7),
        y=look.rounded(values),
        mode="lines" if len(time) > 2 else "lines+markers",
        line={"color": colour, "width": width, "dash": look.dash(curve)},
        name=curve.label,
        legendgroup=curve.key,
        meta={"series": curve.key, "role": role},
        hovertemplate=f"<b>{curve.label}</b> · %{{x:,.6~r}}<br>%{{y:.1f}} % {unit}<extra></extra>",
    )


def _fork_mark(curve: Series, time: Floats, values: Floats, colour: str) -> go.Scatter:
    """A ring where a fork leaves its parent."""
    return go.Scatter(
        x=look.rounded(time[:1], 7),
        y=look.rounded(values[:1]),
        mode="markers",
        marker={"size": 10, "color": look.CLEAR, "line": {"color": colour, "width": 2.5}},
        legendgroup=curve.key,
        showlegend=False,
        hoverinfo="skip",
        meta={"series": curve.key, "role": "fork"},
    )


def _error_axis(series: Sequence[Series], view: View) -> dict[str, Any]:
    """From 0, and to 100 at most."""
    values = np.concatenate(
        [part.high for curve in series for part in (curve.error, curve.test)] or [np.empty(0)]
    )
    values = values[~np.isnan(values)]
    highest = float(values.max()) if len(values) else 100.0
    top = 100.0 if highest > 75 else max(5.0, highest * 1.06)
    if not view.log:
        return {"range": [0, top]}
    positive = values[values > 0]
    least = max(_LEAST_ON_LOG, float(positive.min()) * 0.8) if len(positive) else 1.0
    range_ = [float(np.log10(least)), float(np.log10(top))]
    return {"type": "log", "range": range_, "dtick": "D2"}  # D2: 1, 2, 5
