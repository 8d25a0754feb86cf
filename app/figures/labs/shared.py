"""Openers of the laboratories' figures, and the lines, bands and levels in them.

Headings stand above the figures, so these have no title.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures import look
from app.figures.look import band as outline
from app.language.texts import Speaker

DEPTH = 56  # of a family's colour where no depth is meant
PERCENT = {"range": [0, 100]}
LOGARITHMIC = {"type": "log", "exponentformat": "power", "rangemode": "normal", "nticks": 8}
TALL, TALLER = look.HEIGHT + 40, look.HEIGHT + 60  # for legends of several lines

Draw = Callable[[pd.DataFrame, Speaker, bool], go.Figure]


def by_table(
    tables: Mapping[str, pd.DataFrame], say: Speaker, dark: bool, **drawers: Draw
) -> dict[str, go.Figure]:
    """The figure of each table that has rows, by the table's name."""
    return {
        name: drawer(tables[name], say, dark)
        for name, drawer in drawers.items()
        if has_rows(tables, name)
    }


def has_rows(tables: Mapping[str, pd.DataFrame], name: str) -> bool:
    return name in tables and len(tables[name]) > 0


def networks(table: pd.DataFrame, dark: bool) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Label, colour and rows of each network, in the order in which they came."""
    for _, rows in table.groupby("run", sort=False):
        first = rows.iloc[0]
        colour = theme.colour(str(first["family"]), int(first["depth"]), dark)
        yield str(first["label"]), colour, rows


def figure(
    traces: Any,
    say: Speaker,
    dark: bool,
    laboratory: str,
    x: str,
    y: str,
    *,
    xaxis: Mapping[str, Any] | None = None,
    yaxis: Mapping[str, Any] | None = None,
    legend: Mapping[str, Any] | None = None,
    margin: Mapping[str, Any] | None = None,
    **more: Any,
) -> go.Figure:
    """A figure of these traces.

    Args:
        x, y: names of the axes' titles in the laboratory's texts, or "".
        xaxis, yaxis, legend, margin: added to those of `layout`.
        more: other fields of the layout.
    """
    x_title, y_title = (say(f"labs.{laboratory}.axis.{name}") if name else "" for name in (x, y))
    fields = layout(dark, x_title, y_title)
    parts = {"xaxis": xaxis, "yaxis": yaxis, "legend": legend, "margin": margin}
    for name, part in parts.items():
        fields[name] |= part or {}
    return go.Figure(traces, fields | more)


def layout(dark: bool, x_title: str, y_title: str) -> dict[str, Any]:
    """`look.layout` without a title; axes begin at 0 unless they are changed."""
    used = look.layout(dark, "", x_title, y_title)
    del used["title"]
    used["margin"] = {"l": 60, "r": 14, "t": 12, "b": 44}
    used["yaxis"] |= {"rangemode": "tozero"}
    return used


def numbers(values: Any) -> np.ndarray:
    """A column as float64; what is missing is nan."""
    return pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(float)


def line(
    x: Any, y: Any, name: str, colour: str, width: float = 2.5, unit: str = "", **more: Any
) -> go.Scatter:
    """A curve; further arguments are the trace's own."""
    values = numbers(y)
    settings: dict[str, Any] = {
        "x": look.rounded(numbers(x), 6),
        "y": look.rounded(values),
        "mode": "lines" if len(values) > 30 else "lines+markers",
        "line": {"color": colour, "width": width},
        "marker": {"size": 5, "color": colour},
        "name": name,
        "legendgroup": name,
        "hovertemplate": f"<b>{name}</b> · %{{x}}<br>%{{y:.3~g}}{unit}<extra></extra>",
    }
    return go.Scatter(**{**settings, **more})


def band(x: Any, low: Any, high: Any, name: str, colour: str) -> go.Scatter:
    """The range around the curve of this name."""
    return outline(numbers(x), numbers(low), numbers(high), name, colour)


def level(y: float, text: str, dark: bool, log: bool = False, colour: str = "") -> dict[str, Any]:
    """Shape and annotation of a dashed value, the paper's or a reference, to add to a layout.

    Args:
        log: the axis is a logarithmic one; annotations, unlike shapes, want the exponent there.
        colour: of line and text; by default the quiet ink.
    """
    used = colour or look.ink(dark).quiet
    place = math.log10(y) if log else y
    return {
        "shapes": [
            {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y}
            | {"line": {"color": used, "width": 1.2, "dash": "dash"}}
        ],
        "annotations": [
            {"xref": "paper", "x": 0.99, "xanchor": "right", "y": place, "yanchor": "bottom"}
            | {"text": text, "showarrow": False, "font": {"size": 11, "color": used}}
        ],
    }
