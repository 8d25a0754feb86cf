"""Gradients along the line, their autocorrelation, and that of neighbours by depth."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app import theme
from app.figures import look
from app.figures.labs import shared
from app.language.texts import Speaker
from resnet_core.labs.shattered.question import Settings

_FAMILY = {"plain": "plain", "residual": "resnet"}
_STRIP = 92  # pixels, of one gradient
_SHALLOW, _DEEP = 20, 110  # depths, for their lightness


def draw(
    tables: Mapping[str, pd.DataFrame], settings: Settings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The figures gradients, autocorrelation and depths; each once its table has rows."""
    return shared.by_table(
        tables, say, dark, gradients=_gradients, autocorrelation=_autocorrelation, depths=_depths
    )


def _gradients(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """One strip a series, each with a separate scale."""
    groups = list(table.groupby("series", sort=False))
    groups.sort(key=lambda group: _order(str(group[0])))
    figure = make_subplots(
        rows=len(groups),
        cols=1,
        shared_xaxes=True,
        vertical_spacing=0.24 / len(groups),
        subplot_titles=[_name(str(series), say) for series, _ in groups],
    )
    layout = shared.layout(dark, "", "")
    figure.update_layout({k: v for k, v in layout.items() if k not in {"xaxis", "yaxis"}})
    figure.update_layout(height=_STRIP * len(groups) + 100, showlegend=False, margin={"t": 30})
    for row, (series, rows) in enumerate(groups, start=1):
        name = _name(str(series), say)
        trace = shared.line(
            rows["place"], rows["gradient"], name, _colour(str(series), dark), width=1.2
        )
        figure.add_trace(trace.update(mode="lines"), row=row, col=1)
        last = row == len(groups)
        title = say("labs.shattered.axis.place") if last else ""
        figure.update_xaxes(look.axis(dark, title), row=row, col=1)
        middle = row == (len(groups) + 1) // 2
        label = say("labs.shattered.axis.gradient") if middle else ""
        figure.update_yaxes(look.axis(dark, label) | {"nticks": 3}, row=row, col=1)
    figure.update_annotations(font_size=12)
    return figure


def _autocorrelation(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """Means over seeds, with their range; the noises dashed."""
    traces = []
    for series in sorted(map(str, table["series"].unique()), key=_order):
        traces += _over_seeds(table[table["series"] == series], "lag", series, say, dark)
    return shared.figure(
        traces,
        say,
        dark,
        "shattered",
        "lag",
        "correlation",
        yaxis={"range": [-0.25, 1.03]},
        height=shared.TALL,
    )


def _depths(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    traces = []
    for form in ("plain", "residual"):
        rows = table[table["form"] == form]
        if len(rows):
            traces += _over_seeds(rows, "depth", form, say, dark)
    return shared.figure(
        traces, say, dark, "shattered", "depth", "neighbours", yaxis={"range": [-0.1, 1.03]}
    )


def _over_seeds(
    rows: pd.DataFrame, x: str, series: str, say: Speaker, dark: bool
) -> list[go.Scatter]:
    table = rows.assign(correlation=shared.numbers(rows["correlation"]))
    spread: Any = table.groupby(x)["correlation"].agg(["mean", "min", "max"])
    colour, name = _colour(series, dark), _name(series, say)
    line = shared.line(spread.index, spread["mean"], name, colour)
    line.line.dash = "dash" if series in {"white", "brown"} else "solid"
    band = shared.band(spread.index, spread["min"], spread["max"], name, colour)
    return [band, line.update(mode="lines")]


def _parts(series: str) -> tuple[str, int]:
    form, _, depth = series.partition("-")
    return form, int(depth or 0)


def _order(series: str) -> tuple[int, int]:
    """Shallow before deep, plain before residual, the noises last."""
    form, depth = _parts(series)
    return ["plain", "residual", "brown", "white"].index(form), depth


def _name(series: str, say: Speaker) -> str:
    form, depth = _parts(series)
    name = say(f"labs.shattered.series.{form}")
    return say("labs.shattered.layers", form=name, depth=depth) if depth else name


def _colour(series: str, dark: bool) -> str:
    form, depth = _parts(series)
    if form not in _FAMILY:
        return theme.colour("other", _SHALLOW if form == "white" else _DEEP, dark)
    return theme.colour(_FAMILY[form], _SHALLOW if 0 < depth <= 2 else _DEEP, dark)
