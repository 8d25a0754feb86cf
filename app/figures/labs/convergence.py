"""Steps by depth, and the paths of two layers on the surface of their loss."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.figures import look
from app.figures.look import Canvas

_FAMILY = {"plain": "plain", "residual": "resnet", "shifted": "other"}
_TARGET = 1.1
_SIDE = 61  # places of the surface


def draw(canvas: Canvas) -> dict[str, go.Figure]:
    """Return the figures paths and steps; each once its table has rows."""
    return canvas.figures(paths=_paths, steps=_steps)


def _paths(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Both factors; a residual layer's is 1 + w, so that all share one surface."""
    values = np.concatenate([look.numbers(table[name]) for name in ("first", "second")])
    values = values[np.isfinite(values)]
    low, high = (
        min(-0.5, float(values.min(initial=0)) - 0.2),
        max(2.0, float(values.max(initial=0)) + 0.2),
    )
    places = np.linspace(low, high, _SIDE)
    loss = 0.5 * (places[:, None] * places[None, :] - _TARGET) ** 2
    surface = go.Contour(
        x=look.rounded(places),
        y=look.rounded(places),
        z=look.rounded(np.log10(loss + 1e-3)),
        colorscale="Greys",
        showscale=False,
        contours={"coloring": "heatmap", "showlines": False},
        hoverinfo="skip",
        opacity=0.55,
    )
    traces: list[go.Contour | go.Scatter] = [surface]
    for form, rows in table.groupby("form", sort=False):
        colour, name = canvas.colour(_FAMILY[str(form)]), canvas.text(f"form.{form}")
        dash = "dot" if form == "shifted" else "solid"
        path = look.line(rows["first"], rows["second"], name, colour, 3, dash=dash, mode="lines")
        traces.append(path)
        start = rows[:1]
        mark = {"size": 10, "color": colour, "symbol": "circle-open"}
        begin = look.points(start["first"], start["second"], name, name, mark, showlegend=False)
        traces.append(begin)
    axis = {"range": [low, high]}
    return canvas.figure(
        traces,
        "first",
        "second",
        xaxis=axis,
        yaxis=axis | {"rangemode": "normal"},
        height=look.TALLER,
    )


def _steps(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """The best rate of each depth, with its quartiles; what was not reached is not drawn."""
    traces = []
    numbers = {name: look.numbers(table[name]) for name in ("median", "low", "high")}
    counted = table.assign(**numbers)
    for form, rows in counted.groupby("form", sort=False):
        ordered = rows.sort_values("median", na_position="last")
        chosen = ordered.groupby("depth", as_index=False).first().sort_values("depth")
        colour, name = canvas.colour(_FAMILY[str(form)]), canvas.text(f"form.{form}")
        dash = "dot" if form == "shifted" else "solid"
        low, high = (np.maximum(chosen[part], 1) for part in ("low", "high"))
        traces.append(look.range_band(chosen["depth"], low, high, name, colour))
        median = np.maximum(chosen["median"], 1)
        traces.append(look.line(chosen["depth"], median, name, colour, 3, dash=dash))
    return canvas.figure(traces, "depth", "steps", yaxis=look.LOGARITHMIC, height=look.TALL)
