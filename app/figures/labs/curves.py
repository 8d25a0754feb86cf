"""Lines, bands and a layout for the laboratories' figures; headings stand above them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.figures import look
from app.figures.look import band as outline

DEPTH = 56  # of a family's colour where no depth is meant


def layout(dark: bool, x_title: str, y_title: str) -> dict[str, Any]:
    """`look.layout` without a title; axes begin at 0 unless they are changed."""
    used = look.layout(dark, "", x_title, y_title)
    del used["title"]
    used["margin"] = {"l": 60, "r": 14, "t": 12, "b": 44}
    used["yaxis"] |= {"rangemode": "tozero"}
    return used


def logarithmic() -> dict[str, Any]:
    """What makes an axis a logarithmic one, with powers of ten as ticks."""
    return {"type": "log", "exponentformat": "power", "rangemode": "normal", "nticks": 8}


def numbers(values: Any) -> np.ndarray:
    """A column as float64; what is missing is nan."""
    return pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(float)


def line(
    x: Any, y: Any, name: str, colour: str, width: float = 2.5, unit: str = "", **more: Any
) -> go.Scatter:
    """A curve; further arguments are the trace's own."""
    shown = numbers(y)
    settings: dict[str, Any] = {
        "x": look.rounded(numbers(x), 6),
        "y": look.rounded(shown),
        "mode": "lines" if len(shown) > 30 else "lines+markers",
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
