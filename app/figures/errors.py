"""Training error (bold) and test error (thin) over time, as in the paper's Figs. 1 and 6.

Marks stand where the learning rate drops and at the test errors that the paper prints.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from app.figures import look
from app.figures.look import Fields
from app.figures.series import Floats, Series, extremes, smoothed
from app.language.texts import Speaker
from app.page_state.view import View
from resnet_core.paper.cifar import TEST_ERROR
from resnet_core.runs.cifar10 import repeats_the_paper
from resnet_core.runs.record import ACTIVE

MOST_POINTS = 400
_LEAST_ON_LOG = 0.01  # percent; an error of 0 has no place on a logarithmic axis
_MOST_PLANNED, _MOST_RECORDED = 4, 12
_CLEARLY = 0.5  # of the rate before: more than a ramp or rounding changes it
_LABEL_WIDTH = 0.13  # of the axis, about


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
    drops, drop_labels = learning_rate_marks(series, view, say, dark)
    paper, paper_labels = paper_marks(series, say, dark)
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
    where = extremes(curve.error.mean, points)
    time, values = curve.time[where], curve.error.mean[where]
    traces = []
    if curve.count > 1:
        low, high = curve.error.low[where], curve.error.high[where]
        meta = {"series": curve.key, "role": "band"}
        traces.append(look.band(time, low, high, curve.key, colour, meta=meta))
    if view.smooth:
        raw = _line(curve, time, values, colour, 1.5, "raw", say("charts.error.raw"))
        traces.append(raw.update(opacity=0.3, showlegend=False))
        values = smoothed(values, view.smooth)
    bold = _line(curve, time, values, colour, 3, "train", say("charts.error.train"))
    traces.append(bold)
    if curve.forked_at is not None and len(time):
        traces.append(_fork_mark(curve, time, values, colour))
    return traces


def _test_traces(
    curve: Series, view: View, say: Speaker, dark: bool, points: int
) -> list[go.Scatter]:
    where = extremes(curve.test.mean, points)
    values = curve.test.mean[where]
    if view.smooth:
        values = smoothed(values, view.smooth)
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
    """Return an axis from 0, and to 100 at most."""
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


@dataclass(frozen=True, order=True)
class Drop:
    """A fall of the learning rate.

    Attributes:
        at: time in the units of the chart.
        colour: of the curve whose rate falls after a plateau, else grey.
    """

    at: float
    colour: str


def learning_rate_marks(
    series: Sequence[Series], view: View, say: Speaker, dark: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return a line for every drop, and labels: the first one in full to the left of its line,
    the others in short, without those that would run into the one before."""
    drops = _drops(series, view, dark)
    lines = [
        {
            **{"type": "line", "name": "drop", "yref": "paper", "opacity": 0.7, "layer": "below"},
            **{"x0": drop.at, "x1": drop.at, "y0": 0, "y1": 1},
            "line": {"color": drop.colour, "width": 1, "dash": "dot"},
        }
        for drop in drops
    ]
    labelled = drops[:1]
    for drop in drops[1:]:
        if drop.at - labelled[-1].at > _LABEL_WIDTH * drops[-1].at:
            labelled.append(drop)
    place: Fields = {"name": "drop", "y": 1, "yref": "paper", "yanchor": "bottom"}
    labels = []
    for index, drop in enumerate(labelled):
        text = say("charts.error.drop_again" if index else "charts.error.drop")
        side = "left" if index else "right"
        labels.append(look.note(text, drop.colour, x=drop.at, xanchor=side, **place))
    return lines, labels


def _drops(series: Sequence[Series], view: View, dark: bool) -> list[Drop]:
    """Planned drops, where the curves agree enough to be marked together, and recorded drops
    after plateaus, which differ from run to run."""
    planned: set[Drop] = set()
    recorded: set[Drop] = set()
    for curve in series:
        if curve.imported:
            continue
        experiment = curve.records[0].experiment
        by_plateau = experiment.schedule == "plateau"
        colour = look.colour(curve, dark) if by_plateau else look.ink(dark).quiet
        for iteration in _recorded_drops(curve) if by_plateau else experiment.drops:
            time = _time_of(curve, iteration, view)
            if time is not None:
                (recorded if by_plateau else planned).add(Drop(round(time, 3), colour))
    marked = planned if len(planned) <= _MOST_PLANNED else set()
    return sorted(marked | (recorded if len(recorded) <= _MOST_RECORDED else set()))


def _recorded_drops(series: Series) -> list[int]:
    """The iterations after which a member's rate was lower. A recorded rate is that of the last
    update; and a plateau ends with an evaluation, which is always recorded."""
    iterations: set[int] = set()
    for member in series.members:
        frame = member.telemetry.frame
        if not frame.empty:
            rates = frame["learning_rate"].to_numpy()
            falls = np.flatnonzero(rates[1:] < rates[:-1] * _CLEARLY)
            iterations.update(frame["iteration"].to_numpy()[falls].tolist())
    return sorted(iterations)


def _time_of(series: Series, iteration: int, view: View) -> float | None:
    if view.x == "iterations":
        return float(iteration)
    frame = series.members[0].telemetry.frame
    if frame.empty or frame["iteration"].iloc[-1] < iteration:
        return None
    row = np.interp(iteration, frame["iteration"], np.arange(len(frame)))
    return float(np.interp(row, np.arange(len(series.time)), series.time))


def paper_marks(
    series: Sequence[Series], say: Speaker, dark: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return a dashed line and a label for each test error that the paper prints."""
    lines, labels = [], []
    for curve, percent in paper_errors(series):
        colour = look.colour(curve, dark)
        lines.append({"name": "paper", **look.level_line(percent, colour)})
        text = say("charts.error.paper", network=curve.label, value=f"{percent:.2f}")
        place: Fields = {
            "name": "paper",
            "xref": "paper",
            "x": 0.01,
            "xanchor": "left",
            "yanchor": "top",
        }
        labels.append(look.note(text, colour, y=percent, **place))
    return lines, labels


def paper_errors(series: Sequence[Series]) -> list[tuple[Series, float]]:
    """The curves for which the paper states a test error, with that error in percent."""
    return [
        (curve, TEST_ERROR[curve.depth])
        for curve in series
        if not curve.imported
        and curve.depth in TEST_ERROR
        and all(repeats_the_paper(record) for record in curve.records)
    ]
