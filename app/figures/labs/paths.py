"""The number of paths of each length, the gradient of one, and that of all together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.figures import look
from app.figures.look import Canvas


def draw(canvas: Canvas) -> dict[str, go.Figure]:
    """Return the figures carried, gradient and paths, once there are rows."""
    return canvas.figures("lengths", carried=_carried, gradient=_gradient, paths=_paths)


def _carried(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Share of each length in the gradient of all lengths measured so far."""
    traces = []
    for label, colour, rows in canvas.networks(table):
        carried = look.numbers(rows["carried"])
        share = 100 * carried / (carried.sum() or 1.0)
        traces.append(look.line(rows["length"], share, label, colour, 3, " %", fill="tozeroy"))
    return _figure(traces, table, "carried", canvas)


def _gradient(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """The gradient of a path, with a standard error; none where every path was measured."""
    traces = []
    for label, colour, rows in canvas.networks(table):
        mean, error = look.numbers(rows["gradient"]), look.numbers(rows["uncertainty"])
        low = np.where(mean - error > 0, mean - error, mean / 10)  # the axis is logarithmic
        traces.append(look.range_band(rows["length"], low, mean + error, label, colour))
        traces.append(look.line(rows["length"], mean, label, colour))
    return _figure(traces, table, "gradient", canvas, yaxis=look.LOGARITHMIC)


def _paths(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Networks of as many blocks have as many paths: one curve a number of blocks."""
    traces = []
    for blocks, rows in table.groupby("blocks", sort=False):
        lengths = rows.drop_duplicates("length")
        name = canvas.text("blocks", blocks=blocks)
        length, paths = lengths["length"], lengths["paths"]
        traces.append(look.line(length, paths, name, canvas.ink.quiet, 2))
    return _figure(traces, table, "paths", canvas, yaxis=look.LOGARITHMIC)


def _figure(
    traces: list[go.Scatter], table: pd.DataFrame, y: str, canvas: Canvas, **more: Any
) -> go.Figure:
    # The whole range from the start, so that nothing jumps while lengths come in.
    x = {"range": [-0.3, float(table["blocks"].max()) + 0.3], "tickformat": "d"}
    return canvas.figure(traces, "length", y, xaxis=x, **more)
