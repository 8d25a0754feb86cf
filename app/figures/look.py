"""How every figure looks: fonts, grid, margins, ink for light and dark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from app import theme
from app.figures.series import Series

FONT = (
    "Inter, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'Apple SD Gothic Neo', "
    "'Malgun Gothic', 'Noto Sans CJK KR', 'Noto Sans KR', Arial, sans-serif"
)
# Curves of one family and depth that differ in a setting; dashes alone are the paper's.
_DASHES = ("solid", "dot", "dashdot", "longdashdot")
HEIGHT = 330  # pixels


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


def layout(dark: bool, title: str, x_title: str, y_title: str) -> dict[str, Any]:
    """A figure's layout; what people changed (zoom, legend) outlives every update of it."""
    used = ink(dark)
    return {
        "template": {},  # plotly's own would be 7 kB in every answer, all of it overridden
        "title": {"text": title, "font": {"size": 15}, "x": 0, "xref": "paper", "y": 0.97},
        "font": {"family": FONT, "size": 13, "color": used.text},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "height": HEIGHT,
        "margin": {"l": 52, "r": 14, "t": 40, "b": 44},
        "uirevision": "kept",
        "hovermode": "closest",
        "hoverdistance": -1,  # the nearest curve, however far
        "dragmode": "zoom",
        "showlegend": True,
        "legend": {"orientation": "h", "y": -0.22, "font": {"size": 12}},
        "hoverlabel": {
            "font": {"family": FONT, "size": 13, "color": used.text},
            "bgcolor": used.paper,
        },
        "xaxis": axis(dark, x_title),
        "yaxis": axis(dark, y_title),
    }


def axis(dark: bool, title: str) -> dict[str, Any]:
    used = ink(dark)
    return {
        "title": {"text": title, "font": {"size": 12, "color": used.quiet}, "standoff": 8},
        "gridcolor": used.grid,
        "linecolor": used.grid,
        "tickfont": {"size": 12, "color": used.quiet},
        "zeroline": False,
        "automargin": False,
    }


def colour(one: Series, dark: bool) -> str:
    return theme.colour(one.family, one.depth, dark)


def dash(one: Series) -> str:
    return _DASHES[one.twin % len(_DASHES)]


def rounded(values: Any, digits: int = 4) -> list[Any]:
    """Numbers for JSON: this many significant digits, missing ones as None.

    Args:
        values: an array of any shape; the lists are nested likewise.
    """
    values = np.asarray(values, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        # Of the last digit that is kept; a zero has none, and stays.
        places = digits - 1 - np.floor(np.log10(np.abs(values)))
        power = 10.0 ** np.clip(np.abs(places), 0, 300)
        # Dividing by a power of ten gives the double that is nearest to the decimal number.
        shown = np.where(places > 0, np.rint(values * power) / power, values)
        shown = np.where(places < 0, np.rint(values / power) * power, shown)
        shown = np.where(places == 0, np.rint(values), shown)
        shown = np.where(np.isfinite(values) & (values != 0), shown, values)
    missing = np.isnan(shown)
    if missing.any():
        shown = shown.astype(object)
        shown[missing] = None
    listed: list[Any] = shown.tolist()
    return listed
