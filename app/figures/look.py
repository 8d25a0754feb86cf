"""Common parts of all figures: layout, colours, bands, and the numbers that are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app import theme
from app.figures.series import Floats, Series

FONT = (
    "Inter, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'Apple SD Gothic Neo', "
    "'Malgun Gothic', 'Noto Sans CJK KR', 'Noto Sans KR', Arial, sans-serif"
)
# Curves of one family and depth that differ in a setting; dashes alone are the paper's.
_DASHES = ("solid", "dot", "dashdot", "longdashdot")
HEIGHT = 330  # pixels
CLEAR = "rgba(0,0,0,0)"

Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Ink:
    """Colours besides the curves'."""

    text: str
    quiet: str
    grid: str
    paper: str


_LIGHT = Ink(text="#1b2430", quiet="#5b6775", grid="#e6eaef", paper="#ffffff")
_DARK = Ink(text="#e6ebf1", quiet="#9aa7b5", grid="#263140", paper="#10151c")


def ink(dark: bool) -> Ink:
    return _DARK if dark else _LIGHT


def figure(
    traces: Sequence[Any],
    dark: bool,
    titles: tuple[str, str, str],
    *,
    xaxis: dict[str, Any] | None = None,
    yaxis: dict[str, Any] | None = None,
    **more: Any,
) -> go.Figure:
    """A figure with `layout`, made in one call: updating a figure takes four times as long.

    Args:
        titles: of the figure, the x axis and the y axis.
        xaxis, yaxis: added to the axes.
        more: other fields of the layout.
    """
    fields = layout(dark, *titles)
    fields["xaxis"] |= xaxis or {}
    fields["yaxis"] |= yaxis or {}
    return go.Figure(traces, fields | more)


def layout(dark: bool, title: str, x_title: str, y_title: str) -> dict[str, Any]:
    """A figure's layout; zoom and legend stay as the reader changed them when it is updated."""
    colours = ink(dark)
    return {
        "template": {},  # plotly's own would be 7 kB in every answer, all of it overridden
        "title": {"text": title, "font": {"size": 15}, "x": 0, "xref": "paper", "y": 0.97},
        "font": {"family": FONT, "size": 13, "color": colours.text},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "height": HEIGHT,
        "margin": {"l": 52, "r": 14, "t": 40, "b": 44},
        "uirevision": "kept",
        "hovermode": "closest",
        "hoverdistance": -1,  # the nearest curve, however far
        "dragmode": "zoom",
        "showlegend": True,
        "legend": {"orientation": "h", "y": -0.22, "font": {"size": 12}},
        "hoverlabel": {
            "font": {"family": FONT, "size": 13, "color": colours.text},
            "bgcolor": colours.paper,
        },
        "xaxis": axis(dark, x_title),
        "yaxis": axis(dark, y_title),
    }


def axis(dark: bool, title: str) -> dict[str, Any]:
    colours = ink(dark)
    return {
        "title": {"text": title, "font": {"size": 12, "color": colours.quiet}, "standoff": 8},
        "gridcolor": colours.grid,
        "linecolor": colours.grid,
        "tickfont": {"size": 12, "color": colours.quiet},
        "zeroline": False,
        "automargin": False,
    }


def colour(series: Series, dark: bool) -> str:
    return theme.colour(series.family, series.depth, dark)


def dash(series: Series) -> str:
    return _DASHES[series.variant % len(_DASHES)]


def rounded(values: Any, digits: int = 4) -> list[Any]:
    """Numbers for JSON: this many significant digits, missing ones as None.

    Args:
        values: an array of any shape; the lists are nested likewise.
    """
    values = np.asarray(values, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Of the last significant digit; a zero has none, and stays.
        places = digits - 1 - np.floor(np.log10(np.abs(values)))
        power = 10.0 ** np.clip(np.abs(places), 0, 300)
        # Dividing by a power of ten gives the double that is nearest to the decimal number.
        result = np.where(places > 0, np.rint(values * power) / power, values)
        result = np.where(places < 0, np.rint(values / power) * power, result)
        result = np.where(places == 0, np.rint(values), result)
        result = np.where(np.isfinite(values) & (values != 0), result, values)
    missing = np.isnan(result)
    if missing.any():
        result = result.astype(object)
        result[missing] = None
    listed: list[Any] = result.tolist()
    return listed


def band(
    x: NDArray[Any], low: Floats, high: Floats, group: str, colour: str, **more: Any
) -> go.Scatter:
    """A range around a curve as one filled outline; places without a range (NaN) are left out.

    Args:
        group: the curve's group in the legend, which hides both.
    """
    present = ~(np.isnan(low) | np.isnan(high))
    x, low, high = x[present], low[present], high[present]
    return go.Scatter(
        x=rounded(np.concatenate([x, x[::-1]]), 7),
        y=rounded(np.concatenate([low, high[::-1]])),
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=theme.translucent(colour, 0.18),
        legendgroup=group,
        showlegend=False,
        hoverinfo="skip",
        **more,
    )


def extremes(values: NDArray[np.floating], most: int) -> Indices:
    """Return the indices of about `most` points that draw the same line: first, last, and the
    least and the greatest of each chunk between. Missing values (NaN) are left out.

    Args:
        values: T, in the order of time.
    """
    present = np.flatnonzero(~np.isnan(values))
    if len(present) <= most:
        return present
    indices = [present[0], present[-1]]
    for chunk in np.array_split(present[1:-1], max(1, (most - 2) // 2)):
        part = values[chunk]
        indices += [chunk[part.argmin()], chunk[part.argmax()]]
    return np.unique(np.array(indices, dtype=np.intp))


def moments(matrices: list[NDArray[np.floating]], length: int, most: int) -> Indices:
    """Return the indices of at most `most` rows, evenly spaced, with the first, the last and
    each matrix's rows of least and greatest mean.

    Args:
        matrices: T, L each.
        length: T.
    """
    if length <= most:
        return np.arange(length)
    important = {0, length - 1}
    for matrix in matrices:
        if matrix.size:
            level = np.nan_to_num(np.nanmean(matrix, axis=1))
            important |= {int(level.argmin()), int(level.argmax())}
    even = np.linspace(0, length - 1, most - len(important)).round().astype(int)
    return np.array(sorted(important | set(even.tolist())), dtype=np.intp)


def smoothed(values: NDArray[np.floating], weight: float) -> NDArray[np.float64]:
    """Return the exponential moving average, corrected for its start; NaN stays NaN.

    Args:
        weight: of the past, 0 (no smoothing) to below 1.
    """
    result = np.array(values, dtype=np.float64)
    average, norm = 0.0, 0.0
    for index, value in enumerate(result):
        if not np.isnan(value):
            average = weight * average + (1 - weight) * value
            norm = weight * norm + (1 - weight)
            result[index] = average / norm
    return result
