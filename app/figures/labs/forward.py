"""The norms of the stream, of what is added to it and of their float64 sum."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app.figures import look
from app.figures.look import Canvas

_HEIGHT = look.HEIGHT + 30  # legends of several lines


def draw(canvas: Canvas) -> dict[str, go.Figure]:
    """Return the figures ledger, difference and growth, once there are rows."""
    return canvas.figures("ledger", ledger=_ledger, difference=_difference, growth=_growth)


def _ledger(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """||x|| bold, the sum dotted, ||F|| as points."""
    traces = []
    for label, colour, rows in _trained(table, canvas):
        # One entry a network in the legend; the heading explains bold and dotted lines and rings.
        for part, width, fields in (
            ("stream", 3, {}),
            ("total", 1.8, {"dash": "dot", "mode": "lines"}),
            ("branch", 1, look.RINGS),
        ):
            if part == "total" and not rows["total"].notna().any():
                continue
            name = canvas.text(f"norm.{part}", label=label)
            trace = look.line(rows["place"], rows[part], name, colour, width, **fields)
            traces.append(trace.update(legendgroup=label, showlegend=part == "stream"))
            if part == "stream":
                trace.name = label
    return _figure(traces, "norm", canvas)


def _difference(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Logarithmic: rounding and the nonlinearity's work are seven decades apart."""
    traces = []
    for label, colour, rows in _trained(table, canvas):
        positive = rows[look.numbers(rows["difference"]) > 0]
        traces.append(look.line(positive["place"], positive["difference"], label, colour))
    return _figure(traces, "difference", canvas, yaxis=look.LOGARITHMIC)


def _growth(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Trained bold; at initialisation thin with BN, dotted without."""
    traces = []
    for label, colour, rows in canvas.networks(table):
        for (state, batch_norm), part in rows.groupby(["state", "batch_norm"], sort=False):
            trained = state == "trained"
            name = canvas.text(f"variant.{state}.{'bn' if batch_norm else 'no_bn'}", label=label)
            positive = part[look.numbers(part["stream"]) > 0]
            width, dash = 3 if trained else 1.4, "solid" if batch_norm else "dot"
            place, norms = positive["place"], positive["stream"]
            trace = look.line(place, norms, name, colour, width, dash=dash, mode="lines")
            trace.update(legendgroup=label, showlegend=trained, name=label if trained else name)
            traces.append(trace)
    return _figure(traces, "norm_log", canvas, yaxis=look.LOGARITHMIC)


def _trained(table: pd.DataFrame, canvas: Canvas) -> Iterator[tuple[str, str, pd.DataFrame]]:
    return canvas.networks(table[table["state"] == "trained"])


def _figure(traces: list[go.Scatter], y: str, canvas: Canvas, **more: Any) -> go.Figure:
    x = {"tickformat": "d", "rangemode": "tozero"}
    return canvas.figure(traces, "place", y, xaxis=x, height=_HEIGHT, **more)
