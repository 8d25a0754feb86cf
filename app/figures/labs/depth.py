"""Training and test error by depth, the paper's Table 6 beside them, and the short runs' curves."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures import look
from app.figures.look import Canvas
from resnet_core.paper.cifar import TEST_ERROR
from resnet_core.paper.reruns import RERUNS

LIVE = "live"
DEEPEST = 1202
_TRAINING_AT_DEEPEST = 0.1  # percent; the paper says "below" (section 4.2)


def draw(canvas: Canvas) -> dict[str, go.Figure]:
    """Return the figures errors and curves, once their tables have rows, and the paper's own."""
    figures = canvas.figures(errors=_errors, curves=_curves)
    return figures | ({"paper": _paper(canvas)} if figures else {})


def _errors(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Short runs as lines, means over seeds; trained networks as squares; test error thin."""
    traces = []
    live = table[table["source"] == LIVE].sort_values("depth")
    for family, rows in live.groupby("family"):
        for part, width, symbol in (("test", 1.3, "circle-open"), ("train", 3.0, "circle")):
            name, colour = canvas.text(f"series.live_{part}"), canvas.colour(family)
            mean = rows.assign(error=look.numbers(rows[part])).groupby("depth")["error"].mean()
            trace = look.line(mean.index, mean, name, colour, width, " %")
            traces.append(trace.update(mode="lines+markers", marker_symbol=symbol))
    for family, rows in table[table["source"] != LIVE].groupby("family", sort=False):
        for part, symbol in (("train", "square"), ("test", "square-open")):
            name, colour = (
                canvas.text(f"series.trained_{part}", family=family),
                canvas.colour(family),
            )
            marker = {"size": 10, "symbol": symbol, "color": colour, "line": {"width": 2}}
            hover = "<b>%{text}</b><br>%{y:.1f} %"
            squares = look.points(rows["depth"], rows[part], name, hover, marker)
            traces.append(squares.update(text=rows["label"].tolist()))
    traces.append(_table_6(canvas))
    x = _depths(7, 8, 14, 20, 32, 56, 110, 300, 1202)
    return canvas.figure(traces, "depth", "error", xaxis=x, yaxis=look.PERCENT, height=look.TALLER)


def _table_6(canvas: Canvas) -> go.Scatter:
    depths, errors = list(TEST_ERROR), list(TEST_ERROR.values())
    name = canvas.text("series.paper")
    return look.line(depths, errors, name, canvas.ink.quiet, 1.5, " %", dash="dash")


def _paper(canvas: Canvas) -> go.Figure:
    """Table 6 on its own scale, public re-runs as points, and 1202 layers' training error."""
    quiet = canvas.ink.quiet
    depths = [depth for rerun in RERUNS for depth in rerun.residual]
    errors = [error for rerun in RERUNS for error in rerun.residual.values()]
    name = canvas.text("series.reruns")
    marker = {"size": 6, "color": theme.translucent(quiet, 0.5)}
    reruns = look.points(depths, errors, name, f"<b>{name}</b> · %{{x}}<br>%{{y:.2f}} %", marker)
    training = go.Scatter(
        x=[DEEPEST],
        y=[_TRAINING_AT_DEEPEST],
        mode="markers+text",
        marker={"size": 10, "symbol": "triangle-down", "color": quiet},
        text=[canvas.text("below", value=_TRAINING_AT_DEEPEST)],
        textposition="top left",
        textfont={"color": quiet, "size": 11},
        name=canvas.text("series.paper_training"),
        hoverinfo="skip",
    )
    traces = [reruns, _table_6(canvas), training]
    x = _depths(17, 20, 32, 56, 110, 300, 1202)
    return canvas.figure(traces, "depth", "error", xaxis=x, yaxis={"range": [0, 10]})


def _depths(low: float, *ticks: int) -> dict[str, Any]:
    """Return a logarithmic axis from here to a little beyond the deepest network."""
    labels = {"tickvals": list(ticks), "ticktext": [str(tick) for tick in ticks]}
    return {"type": "log", "range": [math.log10(low), math.log10(1500)], **labels}


def _curves(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Training error while training, bold; test error where it was measured, thin; means."""
    traces = []
    numbers = {part: look.numbers(table[part]) for part in ("error", "test")}
    for key, seeds in table.assign(**numbers).groupby("depth"):
        rows = seeds.groupby("iteration", as_index=False)[["error", "test"]].mean()
        depth = int(str(key))
        colour = canvas.colour(canvas.settings.family, depth)
        name = canvas.text("series.depth", depth=depth)
        measured = rows[rows["test"].notna()]
        tests = look.line(measured["iteration"], measured["test"], name, colour, 1.1, " %")
        tests.update(showlegend=False, mode="lines+markers", marker_symbol="circle-open")
        trace = look.line(rows["iteration"], rows["error"], name, colour, 2.8, " %", mode="lines")
        traces += [tests, trace]
    return canvas.figure(traces, "iteration", "error", yaxis=look.PERCENT)
