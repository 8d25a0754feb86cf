"""How much of the image a unit sees, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from app import theme
from app.figures import look
from app.language.texts import Speaker

# Curves that lie on each other are all seen: the first ones are broader.
_WIDTHS = (6.0, 3.5, 2.0)


@dataclass(frozen=True)
class Sight:
    """What the layers of one network see.

    Attributes:
        label, family, depth: of the network.
        layers: names, in order.
        sizes: of each layer's receptive field, pixels.
        image_size: pixels.
        marked: position of the layer that is looked at, or None.
    """

    label: str
    family: str
    depth: int
    layers: tuple[str, ...]
    sizes: tuple[int, ...]
    image_size: int
    marked: int | None = None


def field_figure(sights: Sequence[Sight], say: Speaker, dark: bool) -> go.Figure:
    """A curve a network; dashed, the size of the image itself."""
    widths = _WIDTHS[len(_WIDTHS) - len(sights) :]
    traces = [_curve(one, width, dark) for one, width in zip(sights, widths, strict=True)]
    traces += [_mark(one, dark) for one in sights if one.marked is not None]
    layout = look.layout(
        dark,
        say("architecture.field.figure"),
        say("architecture.field.x"),
        say("architecture.field.y"),
    )
    sizes = sorted({one.image_size for one in sights})
    layout["shapes"] = [_image_line(size, dark) for size in sizes]
    layout["annotations"] = [_image_name(size, say, dark) for size in sizes]
    layout["yaxis"] |= {"rangemode": "tozero"}
    return go.Figure(traces, layout)


def _curve(one: Sight, width: float, dark: bool) -> go.Scatter:
    colour = theme.colour(one.family, one.depth, dark)
    return go.Scatter(
        x=list(range(1, len(one.sizes) + 1)),
        y=list(one.sizes),
        mode="lines+markers",
        line={"color": colour, "width": width, "shape": "hv"},
        marker={"size": 4},
        name=one.label,
        customdata=list(one.layers),
        hovertemplate=f"<b>{one.label}</b> · %{{customdata}}<br>%{{y}} px<extra></extra>",
    )


def _image_line(size: int, dark: bool) -> dict[str, Any]:
    line = {"color": look.ink(dark).quiet, "width": 1.5, "dash": "dash"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": size, "y1": size, "line": line}


def _image_name(size: int, say: Speaker, dark: bool) -> dict[str, Any]:
    return {
        "xref": "paper",
        "x": 0.01,
        "xanchor": "left",
        "y": size,
        "yanchor": "bottom",
        "text": say("architecture.field.image", size=size),
        "showarrow": False,
        "font": {"size": 12, "color": look.ink(dark).quiet},
    }


def _mark(one: Sight, dark: bool) -> go.Scatter:
    """A ring round the layer that is looked at."""
    assert one.marked is not None
    return go.Scatter(
        x=[one.marked + 1],
        y=[one.sizes[one.marked]],
        mode="markers",
        marker={
            "size": 14,
            "symbol": "circle-open",
            "color": look.ink(dark).text,
            "line": {"width": 3},
        },
        showlegend=False,
        hoverinfo="skip",
    )
