"""Gradients along the line, their autocorrelation, and that of neighbours by depth."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app.figures import look
from app.figures.look import Canvas

_FAMILY = {"plain": "plain", "residual": "resnet"}
_STRIP = 92  # pixels, of one gradient


def draw(canvas: Canvas) -> dict[str, go.Figure]:
    """Return the figures gradients, autocorrelation and depths; each once its table has rows."""
    return canvas.figures(gradients=_gradients, autocorrelation=_autocorrelation, depths=_depths)


def _gradients(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """One strip a series, each with a separate scale."""
    groups = dict(iter(table.groupby("series", sort=False)))
    names = {str(series): _name(str(series), canvas) for series in sorted(groups, key=_order)}
    count = len(names)
    figure = canvas.subplots(
        rows=count,
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.24 / count,
        subplot_titles=list(names.values()),
    )
    figure.update_layout(height=_STRIP * count + 100, showlegend=False, margin={"t": 30})
    for row, (series, name) in enumerate(names.items(), start=1):
        rows, colour = groups[series], _colour(series, canvas)
        trace = look.line(rows["place"], rows["gradient"], name, colour, 1.2, mode="lines")
        figure.add_trace(trace, row=row, col=1)
        x = canvas.text("axis.place") if row == count else ""
        y = canvas.text("axis.gradient") if row == (count + 1) // 2 else ""
        figure.update_xaxes(look.axis(canvas.dark, x), row=row, col=1)
        figure.update_yaxes(look.axis(canvas.dark, y) | {"nticks": 3}, row=row, col=1)
    return figure.update_annotations(font_size=12)


def _autocorrelation(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Means over seeds, with their range; the noises dashed."""
    traces = []
    for series in sorted(map(str, table["series"].unique()), key=_order):
        traces += _over_seeds(table[table["series"] == series], "lag", series, canvas)
    y = {"range": [-0.25, 1.03]}
    return canvas.figure(traces, "lag", "correlation", yaxis=y, height=look.TALL)


def _depths(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """The chosen setting of BN with its range; the other one thin, as a control."""
    traces = []
    own = canvas.settings.batch_norm
    for form in ("plain", "residual"):
        rows = table[table["form"] == form]
        chosen, other = rows[rows["batch_norm"] == own], rows[rows["batch_norm"] != own]
        if len(chosen):
            traces += _over_seeds(chosen, "depth", form, canvas)
        if len(other):
            values = other.assign(correlation=look.numbers(other["correlation"]))
            mean = values.groupby("depth")["correlation"].mean()
            key = "other_bn_false" if own else "other_bn_true"
            name, colour = canvas.text(key, form=_name(form, canvas)), _colour(form, canvas)
            traces.append(look.line(mean.index, mean, name, colour, 1, dash="dot", mode="lines"))
    return canvas.figure(traces, "depth", "neighbours", yaxis={"range": [-0.1, 1.03]})


def _over_seeds(rows: pd.DataFrame, x: str, series: str, canvas: Canvas) -> list[go.Scatter]:
    table = rows.assign(correlation=look.numbers(rows["correlation"]))
    spread: Any = table.groupby(x)["correlation"].agg(["mean", "min", "max"])
    colour, name = _colour(series, canvas), _name(series, canvas)
    dash = "dash" if series in {"white", "brown"} else "solid"
    return [
        look.range_band(spread.index, spread["min"], spread["max"], name, colour),
        look.line(spread.index, spread["mean"], name, colour, dash=dash, mode="lines"),
    ]


def _parts(series: str) -> tuple[str, int]:
    form, _, depth = series.partition("-")
    return form, int(depth or 0)


def _order(series: Any) -> tuple[int, int]:
    """Return the place of a series: shallow before deep, plain before residual, the noises last."""
    form, depth = _parts(str(series))
    return ["plain", "residual", "brown", "white"].index(form), depth


def _name(series: str, canvas: Canvas) -> str:
    form, depth = _parts(series)
    name = canvas.text(f"series.{form}")
    return canvas.text("layers", form=name, depth=depth) if depth else name


def _colour(series: str, canvas: Canvas) -> str:
    form, depth = _parts(series)
    light = form == "white" or 0 < depth <= 2
    return canvas.shade(_FAMILY.get(form, "other"), 0 if light else 1)
