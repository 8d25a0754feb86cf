"""Scenes with predictions as small PNGs inside an address, and contact sheets of pictures.

A mask is drawn as a tint of its class's colour, the truth as an outline in its own: where both
have the same colour, the class is right. A box is drawn as a frame; the true one is white.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from app.figures import look
from app.figures.labs import shared

_FACTOR = 5  # pixels drawn for one of the scene's
_TINT = 0.72  # of a mask's colour over the grey scene
_FRAME = 4  # width of a box's frame, of the drawn pixels
_COLOURS = 64  # in a file: noise is dear
# A class each; the lightness differs as well as the hue.
CLASS_COLOURS = (
    *("#e6194b", "#3cb44b", "#ffd700", "#4363ff", "#f58231"),
    *("#42d4f4", "#f032e6", "#bfef45", "#b36bff", "#ff9ea8"),
)

Pixels = NDArray[np.uint8]


def scene(pixels: Pixels, truth: Pixels) -> str:
    """The scene in its colours, every shape outlined in its class's."""
    return _address(_outlined(_enlarged(pixels), truth))


def masked(pixels: Pixels, predicted: Pixels, truth: Pixels) -> str:
    """The scene in grey, tinted with the predicted classes; the truth outlined. H, W, 3; H, W."""
    rgb = _grey(pixels)
    tint = np.stack([_rgb(colour) for colour in ("#000000", *CLASS_COLOURS)])[predicted]
    mixed = np.where(predicted[..., None] > 0, (1 - _TINT) * rgb + _TINT * tint, rgb)
    return _address(_outlined(_enlarged(mixed.astype(np.uint8)), truth))


def boxed(pixels: Pixels, boxes: list[tuple[Any, str]]) -> str:
    """The scene with frames x0, y0, x1, y1 in pixels, each in its colour; the last on top."""
    image = Image.fromarray(_enlarged(pixels))
    pen = ImageDraw.Draw(image)
    for edges, colour in boxes:
        x0, y0, x1, y1 = (float(edge) * _FACTOR for edge in edges)
        if x1 > x0 and y1 > y0:
            pen.rectangle((x0, y0, max(x0, x1 - 1), max(y0, y1 - 1)), outline=colour, width=_FRAME)
    return _address(np.asarray(image))


def _grey(pixels: Pixels) -> NDArray[np.float64]:
    """Paler than the scene, so that tints stand out."""
    grey = pixels.astype(float).mean(axis=2, keepdims=True)
    return np.repeat(70 + 0.55 * grey, 3, axis=2)


def _outlined(rgb: Pixels, labels: Pixels) -> Pixels:
    """A line, two pixels wide, along the inner border of every shape, in its class's colour."""
    large = np.pad(labels.repeat(_FACTOR, axis=0).repeat(_FACTOR, axis=1), 2)
    border = np.zeros(large.shape, bool)
    for axis in (0, 1):
        for shift in (-2, 2):
            border |= np.roll(large, shift, axis) != large
    border = (border & (large > 0))[2:-2, 2:-2]
    drawn = rgb.copy()
    lines = np.stack([_rgb(colour) for colour in ("#000000", *CLASS_COLOURS)])
    drawn[border] = lines[large[2:-2, 2:-2][border]]
    return drawn


def _enlarged(pixels: Pixels) -> Pixels:
    return pixels.repeat(_FACTOR, axis=0).repeat(_FACTOR, axis=1)


def _address(rgb: Pixels) -> str:
    """H, W, 3 bytes as a data address of a PNG."""
    file = io.BytesIO()
    few = Image.fromarray(np.ascontiguousarray(rgb)).quantize(_COLOURS, dither=Image.Dither.NONE)
    few.save(file, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode('ascii')}"


def _rgb(colour: str) -> NDArray[np.uint8]:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.uint8)


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
    layout = shared.layout(dark, "", "")
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
