"""Scenes with predictions as small PNGs inside an address, and contact sheets of pictures.

A mask is drawn as a tint of its class's colour, the truth as an outline in its own: where both
have the same colour, the class is right. A box is drawn as a frame; the true one is white.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import plotly.graph_objects as go
from PIL import Image, ImageDraw

from app import theme
from app.figures import look
from app.figures.attribution import Pixels, address, enlarged, outline
from app.figures.look import Canvas

_FACTOR = 5  # pixels drawn for one of the scene's
_TINT = 0.72  # of a mask's colour over the grey scene
_FRAME = 4  # width of a box's frame, of the drawn pixels
_address = partial(address, most_colours=64)  # noise is dear
# A class each; the lightness differs as well as the hue.
CLASS_COLOURS = (
    *("#e6194b", "#3cb44b", "#ffd700", "#4363ff", "#f58231"),
    *("#42d4f4", "#f032e6", "#bfef45", "#b36bff", "#ff9ea8"),
)
_BY_LABEL = np.array([theme.rgb(colour) for colour in ("#000000", *CLASS_COLOURS)], np.uint8)


def scene(pixels: Pixels, truth: Pixels) -> str:
    """Return the scene in its colours, every shape outlined in its class's."""
    return _address(_outlined(pixels, truth))


def masked(pixels: Pixels, predicted: Pixels, truth: Pixels) -> str:
    """Return the scene in grey, tinted with the predicted classes, and the truth outlined.

    Args:
        pixels: H, W, 3.
        predicted, truth: H, W; 0 where there is no shape.
    """
    # Paler than the scene, so that tints stand out.
    grey = np.repeat(70 + 0.55 * pixels.astype(float).mean(axis=2, keepdims=True), 3, axis=2)
    tinted = (1 - _TINT) * grey + _TINT * _BY_LABEL[predicted]
    mixed = np.where(predicted[..., None] > 0, tinted, grey)
    return _address(_outlined(mixed.astype(np.uint8), truth))


def boxed(pixels: Pixels, boxes: list[tuple[Any, str]]) -> str:
    """Return the scene with frames x0, y0, x1, y1 in pixels and their colours; the last on top."""
    image = Image.fromarray(enlarged(pixels, _FACTOR))
    pen = ImageDraw.Draw(image)
    for edges, colour in boxes:
        x0, y0, x1, y1 = (float(edge) * _FACTOR for edge in edges)
        if x1 > x0 and y1 > y0:
            pen.rectangle((x0, y0, max(x0, x1 - 1), max(y0, y1 - 1)), outline=colour, width=_FRAME)
    return _address(np.asarray(image))


def _outlined(pixels: Pixels, labels: Pixels) -> Pixels:
    """Enlarge the picture and outline every shape in its class's colour."""
    drawn, large = enlarged(pixels, _FACTOR), enlarged(labels, _FACTOR)
    border = outline(large)
    drawn[border] = _BY_LABEL[large[border]]
    return drawn


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
    canvas: Canvas,
    heads: Sequence[str] = (),
    legend: Sequence[tuple[str, str]] = (),
) -> go.Figure:
    """Return the strips below each other; pictures keep their proportions at any width.

    Args:
        columns: places in a row, whether or not there is a picture for each yet.
        heads: what stands above the columns, if anything.
        legend: names and colours, shown beneath.
    """
    above, below = (_HEAD if heads else 0), (46 if legend else 6)
    plot = above + _ROW * len(strips)
    corner = {"xref": "paper", "yref": "paper", "yanchor": "top"}
    place = {**corner, "xanchor": "center", "sizing": "contain", "sizex": 1 / columns - _GAP}
    centres = [(number + 0.5) / columns for number in range(columns)]
    notes = [
        look.note(text, canvas.ink.quiet, 12, x=x, y=1, xanchor="center", **corner)
        for text, x in zip(heads, centres, strict=False)
    ]
    images: list[dict[str, Any]] = []
    for number, strip in enumerate(strips):
        top = above + number * _ROW
        edge = {"x": 0, "y": 1 - top / plot, "xanchor": "left", **corner}
        notes.append(look.note(strip.label, strip.colour, 12, **edge))
        size = {"y": 1 - (top + _LABEL) / plot, "sizey": (_ROW - _LABEL - 4) / plot}
        for source, x in zip(strip.pictures, centres, strict=False):
            images.append({"source": source, "x": x, **size, **place})
    hidden = {"visible": False, "fixedrange": True, "range": [0, 1]}
    entries = [
        look.legend_entry(name, "markers", marker={"symbol": "square", "size": 11, "color": colour})
        for name, colour in legend or [("", look.CLEAR)]
    ]
    figure = canvas.figure(
        entries,
        images=images,
        annotations=notes,
        margin={"l": 4, "r": 4, "t": _TOP, "b": below},
        height=plot + _TOP + below,
        legend={"y": -0.01, "yanchor": "top"},
        showlegend=bool(legend),
    )
    figure.layout.xaxis, figure.layout.yaxis = hidden, hidden
    return figure
