"""Training error, drawn bold, and test error, thin, over time: the paper's Figs. 1 and 6."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from app.figures import look, marks
from app.figures.band import band
from app.figures.series import Floats, Series
from app.figures.thinning import extremes, smoothed
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
    traces = [trace for one in series for trace in _test_traces(one, view, say, dark, points)]
    traces += [trace for one in series for trace in _training_traces(one, view, say, dark, points)]
    title = say("charts.error.title", measured=say(f"charts.error.{view.error}"))
    layout = look.layout(dark, title, say(f"charts.axis.{view.x}"), say("charts.error.axis"))
    layout["xaxis"] |= {"range": [0, time_end(series, view)]}
    layout["yaxis"] |= _error_axis(series, view)
    layout["shapes"] = marks.drop_lines(series, view, dark) + marks.paper_lines(series, dark)
    layout["annotations"] = [
        *marks.drop_labels(series, view, say, dark),
        *marks.paper_labels(series, say, dark),
    ]
    return go.Figure(traces, layout)


def time_end(series: Sequence[Series], view: View) -> float:
    """Where the time axis ends: where the longest run will end, or has."""
    return max((_end(one, view) for one in series), default=1.0) or 1.0


def _end(one: Series, view: View) -> float:
    reached = float(one.time[-1]) if len(one.time) else 0.0
    if view.x == "seconds":
        return reached
    ends = [reached]
    for member in one.members:
        frame, record = member.telemetry.frame, member.record
        if record.state not in ACTIVE | {"paused"} or frame.empty:
            continue
        last = frame.iloc[-1]
        per_iteration = 1.0
        if view.x == "epochs":
            per_iteration = last["epoch"] / last["iteration"] if last["iteration"] else 0.0
        ends.append(record.experiment.iterations * per_iteration)
    planned = [r.experiment.iterations for r in one.records if view.x == "iterations"]
    return max(ends) if len(one.time) else float(max(planned, default=0))


def _training_traces(
    one: Series, view: View, say: Speaker, dark: bool, points: int
) -> list[go.Scatter]:
    colour = look.colour(one, dark)
    where = extremes(one.error.mean, points)
    time, values = one.time[where], one.error.mean[where]
    traces = []
    if one.count > 1:
        low, high = one.error.low[where], one.error.high[where]
        meta = {"series": one.key, "role": "band"}
        traces.append(band(time, low, high, one.key, colour, meta=meta))
    if view.smooth:
        raw = _line(one, time, values, colour, 1.5, "raw", say("charts.error.raw"))
        traces.append(raw.update(opacity=0.3, showlegend=False))
        values = smoothed(values, view.smooth)
    bold = _line(one, time, values, colour, 3, "train", say("charts.error.train"))
    traces.append(bold)
    if one.forked_at is not None and len(time):
        traces.append(_fork_mark(one, time, values, colour))
    return traces


def _test_traces(
    one: Series, view: View, say: Speaker, dark: bool, points: int
) -> list[go.Scatter]:
    where = extremes(one.test.mean, points)
    values = one.test.mean[where]
    if view.smooth:
        values = smoothed(values, view.smooth)
    name = say("charts.error.test")
    trace = _line(one, one.time[where], values, look.colour(one, dark), 1.2, "test", name)
    return [trace.update(showlegend=False)]


def _line(
    one: Series, time: Floats, values: Floats, colour: str, width: float, role: str, what: str
) -> go.Scatter:
    return go.Scatter(
        x=look.rounded(time, 7),
        y=look.rounded(values),
        mode="lines" if len(time) > 2 else "lines+markers",
        line={"color": colour, "width": width, "dash": look.dash(one)},
        name=one.label,
        legendgroup=one.key,
        meta={"series": one.key, "role": role},
        hovertemplate=f"<b>{one.label}</b> · %{{x:,.6~r}}<br>%{{y:.1f}} % {what}<extra></extra>",
    )


def _fork_mark(one: Series, time: Floats, values: Floats, colour: str) -> go.Scatter:
    """A ring where a fork leaves its parent."""
    return go.Scatter(
        x=look.rounded(time[:1], 7),
        y=look.rounded(values[:1]),
        mode="markers",
        marker={"size": 10, "color": "rgba(0,0,0,0)", "line": {"color": colour, "width": 2.5}},
        legendgroup=one.key,
        showlegend=False,
        hoverinfo="skip",
        meta={"series": one.key, "role": "fork"},
    )


def _error_axis(series: Sequence[Series], view: View) -> dict[str, Any]:
    """From 0, and to 100 at most."""
    values = np.concatenate(
        [part.high for one in series for part in (one.error, one.test)] or [np.empty(0)]
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
