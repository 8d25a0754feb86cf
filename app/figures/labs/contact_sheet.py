"""Rows of small pictures with a label above each row, as a figure without axes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from app.figures import look
from app.figures.labs import curves

_ROW, _LABEL, _HEAD, _TOP = 132, 22, 20, 8  # pixels
_GAP = 0.02  # between two pictures, of the width


@dataclass(frozen=True)
class Strip:
    """A row: its label in a colour, its pictures' addresses."""

    label: str
    colour: str
    pictures: Sequence[str]


def sheet(
    strips: Sequence[Strip],
    columns: int,
    dark: bool,
    heads: Sequence[str] = (),
    legend: Sequence[tuple[str, str]] = (),
) -> go.Figure:
    """The strips below each other; pictures keep their proportions at any width.

    Args:
        columns: places in a row, whether or not there is a picture for each yet.
        heads: what stands above the columns, if anything.
        legend: names and colours, shown beneath.
    """
    above, below = (_HEAD if heads else 0), (46 if legend else 6)
    plot = above + _ROW * len(strips)
    quiet = look.ink(dark).quiet
    images: list[dict[str, Any]] = []
    notes = [_note(text, (at + 0.5) / columns, 1, "center", quiet) for at, text in enumerate(heads)]
    for number, strip in enumerate(strips):
        top = above + number * _ROW
        notes.append(_note(strip.label, 0, 1 - top / plot, "left", strip.colour))
        for place, source in enumerate(strip.pictures):
            y, height = 1 - (top + _LABEL) / plot, (_ROW - _LABEL - 4) / plot
            images.append(_image(source, place, columns, y, height))
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


def _note(text: str, x: float, y: float, xanchor: str, colour: str) -> dict[str, Any]:
    return {
        "text": text,
        "xref": "paper",
        "yref": "paper",
        "x": x,
        "y": y,
        "xanchor": xanchor,
        "yanchor": "top",
        "showarrow": False,
        "font": {"color": colour, "size": 12},
    }


def _key(name: str, colour: str) -> go.Scatter:
    """An entry of the legend without a curve."""
    marker = {"symbol": "square", "size": 11, "color": colour or "rgba(0,0,0,0)"}
    return go.Scatter(x=[None], y=[None], mode="markers", name=name, marker=marker)
