"""Rows of small pictures with a label above each row, as a figure without axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from app.figures import look
from app.figures.labs import curves

_ROW, _LABEL, _TOP = 142, 22, 8  # pixels
_GAP = 0.02  # between two pictures, of the width


@dataclass(frozen=True)
class Strip:
    """A row: its label in a colour, its pictures' addresses, a line beneath each or none."""

    label: str
    colour: str
    pictures: Sequence[str]
    captions: Sequence[str] = ()


def sheet(
    strips: Sequence[Strip], columns: int, dark: bool, legend: Sequence[tuple[str, str]] = ()
) -> go.Figure:
    """The strips below each other; pictures keep their proportions at any width.

    Args:
        columns: places in a row, whether or not there is a picture for each yet.
        legend: names and colours, shown beneath.
    """
    below = 46 if legend else 6
    heights = [_ROW + (16 if strip.captions else 0) for strip in strips]
    plot = sum(heights)
    images: list[dict[str, Any]] = []
    notes: list[dict[str, Any]] = []
    top = 0.0
    for strip, height in zip(strips, heights, strict=True):
        notes.append(_note(strip.label, 0, 1 - top / plot, "left", "top", strip.colour, 13))
        first, last = (top + _LABEL) / plot, (top + _ROW - 4) / plot
        for place, source in enumerate(strip.pictures):
            images.append(_image(source, place, columns, 1 - first, last - first))
        for place, said in enumerate(strip.captions):
            x = (place + 0.5) / columns
            notes.append(_note(said, x, 1 - last, "center", "top", look.ink(dark).quiet, 11))
        top += height
    layout = curves.layout(dark, "", "")
    hidden = {"visible": False, "fixedrange": True, "range": [0, 1]}
    layout |= {"xaxis": hidden, "yaxis": dict(hidden), "images": images, "annotations": notes}
    layout["margin"] = {"l": 4, "r": 4, "t": _TOP, "b": below}
    layout["height"] = plot + _TOP + below
    layout["legend"] |= {"y": -0.01, "yanchor": "top"}
    layout["showlegend"] = bool(legend)
    return go.Figure([_key(name, colour) for name, colour in legend] or [_key("", "")], layout)


def _image(source: str, place: int, columns: int, y: float, height: float) -> dict[str, Any]:
    return {
        "source": source,
        "xref": "paper",
        "yref": "paper",
        "x": (place + 0.5) / columns,
        "y": y,
        "sizex": 1 / columns - _GAP,
        "sizey": height,
        "xanchor": "center",
        "yanchor": "top",
        "sizing": "contain",
    }


def _note(
    text: str, x: float, y: float, xanchor: str, yanchor: str, colour: str, size: int
) -> dict[str, Any]:
    return {
        "text": text,
        "xref": "paper",
        "yref": "paper",
        "x": x,
        "y": y,
        "xanchor": xanchor,
        "yanchor": yanchor,
        "showarrow": False,
        "font": {"color": colour, "size": size},
    }


def _key(name: str, colour: str) -> go.Scatter:
    """An entry of the legend without a curve."""
    marker = {"symbol": "square", "size": 11, "color": colour or "rgba(0,0,0,0)"}
    return go.Scatter(x=[None], y=[None], mode="markers", name=name, marker=marker)
