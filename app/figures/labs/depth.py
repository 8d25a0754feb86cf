"""Training and test error by depth, the paper's Table 6 beside them, and the short runs' curves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures import look
from app.figures.labs import shared
from app.language.texts import Speaker
from resnet_core.labs.depth.question import Settings
from resnet_core.paper.cifar import TEST_ERROR
from resnet_core.paper.reruns import RERUNS

LIVE = "live"
DEEPEST = 1202
_TRAINING_AT_DEEPEST = 0.1  # percent; the paper says "below" (section 4.2)
_TICKS = (8, 14, 20, 32, 56, 110, 300, 1202)


def draw(
    tables: Mapping[str, pd.DataFrame], settings: Settings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The figures errors and curves, once their tables have rows, and the paper's own."""
    figures = {}
    errors, measured = tables.get("errors"), tables.get("curves")
    if errors is not None and len(errors):
        figures["errors"] = _errors(errors, say, dark)
    if measured is not None and len(measured):
        figures["curves"] = _curves(measured, settings, say, dark)
    if figures:
        figures["paper"] = _paper(say, dark)
    return figures


def _errors(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """Short runs as lines, trained networks as squares; training bold and filled, test thin."""
    traces = []
    live = table[table["source"] == LIVE].sort_values("depth")
    for family, rows in live.groupby("family"):
        colour = theme.colour(str(family), shared.DEPTH, dark)
        for column, width in (("test", 1.3), ("train", 3.0)):
            name = say(f"labs.depth.series.live_{column}")
            trace = shared.line(rows["depth"], rows[column], name, colour, width, " %")
            trace.marker.symbol = "circle" if column == "train" else "circle-open"
            traces.append(trace.update(mode="lines+markers"))
    for family, rows in table[table["source"] != LIVE].groupby("family", sort=False):
        colour = theme.colour(str(family), shared.DEPTH, dark)
        for column, symbol in (("train", "square"), ("test", "square-open")):
            name = say(f"labs.depth.series.trained_{column}", family=str(family))
            traces.append(_points(rows, column, name, colour, symbol))
    traces.append(_table_6(say, dark))
    return shared.figure(
        traces,
        say,
        dark,
        "depth",
        "depth",
        "error",
        xaxis=_depth_axis(_TICKS, 7, 1500),
        yaxis=shared.PERCENT,
        height=shared.TALLER,
    )


def _points(rows: pd.DataFrame, column: str, name: str, colour: str, symbol: str) -> go.Scatter:
    return go.Scatter(
        x=rows["depth"].tolist(),
        y=look.rounded(shared.numbers(rows[column])),
        mode="markers",
        marker={"size": 10, "symbol": symbol, "color": colour, "line": {"width": 2}},
        name=name,
        text=rows["label"].tolist(),
        hovertemplate="<b>%{text}</b><br>%{y:.1f} %<extra></extra>",
    )


def _table_6(say: Speaker, dark: bool) -> go.Scatter:
    name = say("labs.depth.series.paper")
    trace = shared.line(
        list(TEST_ERROR), list(TEST_ERROR.values()), name, look.ink(dark).quiet, 1.5, " %"
    )
    trace.line.dash = "dash"
    return trace


def _paper(say: Speaker, dark: bool) -> go.Figure:
    """Table 6 on its own scale, public re-runs as points, and 1202 layers' training error."""
    quiet = look.ink(dark).quiet
    again = [(depth, error) for rerun in RERUNS for depth, error in rerun.residual.items()]
    name = say("labs.depth.series.reruns")
    reruns = go.Scatter(
        x=[depth for depth, _ in again],
        y=[value for _, value in again],
        mode="markers",
        marker={"size": 6, "color": theme.translucent(quiet, 0.5)},
        name=name,
        hovertemplate=f"<b>{name}</b> · %{{x}}<br>%{{y:.2f}} %<extra></extra>",
    )
    training = go.Scatter(
        x=[DEEPEST],
        y=[_TRAINING_AT_DEEPEST],
        mode="markers+text",
        marker={"size": 10, "symbol": "triangle-down", "color": quiet},
        text=[say("labs.depth.below", value=_TRAINING_AT_DEEPEST)],
        textposition="top left",
        textfont={"color": quiet, "size": 11},
        name=say("labs.depth.series.paper_training"),
        hoverinfo="skip",
    )
    return shared.figure(
        [reruns, _table_6(say, dark), training],
        say,
        dark,
        "depth",
        "depth",
        "error",
        xaxis=_depth_axis((20, 32, 56, 110, 300, 1202), 17, 1500),
        yaxis={"range": [0, 10]},
    )


def _depth_axis(ticks: Sequence[int], low: float, high: float) -> dict[str, Any]:
    labels = {"tickvals": list(ticks), "ticktext": [str(tick) for tick in ticks]}
    return {"type": "log", "range": [math.log10(low), math.log10(high)], **labels}


def _curves(table: pd.DataFrame, settings: Settings, say: Speaker, dark: bool) -> go.Figure:
    """Training error while training, bold; test error where it was measured, thin."""
    traces = []
    for depth, rows in table.groupby("depth"):
        colour = theme.colour(settings.family, int(str(depth)), dark)
        name = say("labs.depth.series.depth", depth=int(str(depth)))
        measured = rows[rows["test"].notna()]
        tests = shared.line(measured["iteration"], measured["test"], name, colour, 1.1, " %")
        tests.marker.symbol = "circle-open"
        traces.append(tests.update(showlegend=False, mode="lines+markers"))
        trace = shared.line(rows["iteration"], rows["error"], name, colour, 2.8, " %")
        traces.append(trace.update(mode="lines"))
    return shared.figure(traces, say, dark, "depth", "iteration", "error", yaxis=shared.PERCENT)
