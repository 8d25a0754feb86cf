"""The gradient at every block: its gain, its parts by way, and the direction of F."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.figures import look
from app.figures.look import Canvas


def draw(canvas: Canvas) -> dict[str, go.Figure]:
    """Return the figures gains, gradient, cosine and descent, once there are rows."""
    return canvas.figures(
        "additions", gains=_gains, gradient=_gradient, cosine=_cosine, descent=_descent
    )


def _gains(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """||dL/dx|| over ||dL/dy|| bold; the shortcut's part dotted, the branch's as rings."""
    traces = []
    for label, colour, rows in _networks(table, canvas):
        place = rows["place"]
        traces.append(look.line(place, rows["gain"], label, colour, 3))
        if not rows["shortcut_gain"].notna().any():
            continue  # a plain network's branch is all there is
        # One entry a network in the legend; the heading explains dotted lines and rings.
        grouped = {"legendgroup": label, "showlegend": False}
        name = canvas.text("part.shortcut", label=label)
        gain = rows["shortcut_gain"]
        dotted: dict[str, Any] = {"dash": "dot", "mode": "lines", **grouped}
        traces.append(look.line(place, gain, name, colour, 1.8, **dotted))
        name = canvas.text("part.branch", label=label)
        rings = {**look.RINGS, **grouped}
        traces.append(look.line(place, rows["branch_gain"], name, colour, 1, **rings))
    return _figure(traces, table, "gain", canvas, **canvas.level(1.0, canvas.text("one")))


def _gradient(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """||dL/dx|| over that behind the last block, so that networks of any loss compare."""
    traces = []
    for label, colour, rows in _networks(table, canvas):
        last = look.numbers(rows["behind"])[-1]
        before = look.numbers(rows["before"])
        relative = before / last if last else np.full(len(before), np.nan)
        traces.append(look.line(rows["place"], relative, label, colour))
    return _figure(traces, table, "gradient", canvas, yaxis=look.LOGARITHMIC)


def _cosine(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    traces = [
        look.line(rows["place"], rows["cosine"], label, colour)
        for label, colour, rows in _networks(table, canvas)
        if rows["cosine"].notna().any()
    ]
    return _figure(traces, table, "cosine", canvas, yaxis=_signed(canvas))


def _descent(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """The descent along F, with a standard error over the images."""
    traces = []
    for label, colour, rows in _networks(table, canvas):
        rows = rows[rows["descent"].notna()]
        if not len(rows):
            continue
        mean, error = look.numbers(rows["descent"]), look.numbers(rows["descent_error"])
        traces.append(look.range_band(rows["place"], mean - error, mean + error, label, colour))
        traces.append(look.line(rows["place"], mean, label, colour))
    return _figure(traces, table, "descent", canvas, yaxis=_signed(canvas))


def _networks(table: pd.DataFrame, canvas: Canvas) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield the networks, each from its first block on; rows are measured from the last one on."""
    return canvas.networks(table.sort_values("place", kind="stable"))


def _figure(
    traces: list[go.Scatter], table: pd.DataFrame, y: str, canvas: Canvas, **more: Any
) -> go.Figure:
    x = {"range": [0.7, float(table["place"].max()) + 0.3], "tickformat": "d"}
    return canvas.figure(traces, "place", y, xaxis=x, **more)


def _signed(canvas: Canvas) -> dict[str, Any]:
    """Return the fields of an axis through 0, with a line there."""
    return {"zeroline": True, "zerolinecolor": canvas.ink.quiet}
