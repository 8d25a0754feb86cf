"""Common parts of all figures: layout, colours, curves, and the numbers that are drawn."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from app import theme
from app.figures.series import Floats, Series
from app.language.texts import Speaker

FONT = (
    "Inter, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'Apple SD Gothic Neo', "
    "'Malgun Gothic', 'Noto Sans CJK KR', 'Noto Sans KR', Arial, sans-serif"
)
# Curves of one family and depth that differ in a setting; dashes alone are the paper's.
_DASHES = ("solid", "dot", "dashdot", "longdashdot")
HEIGHT = 330  # pixels
TALL, TALLER = HEIGHT + 40, HEIGHT + 60  # for legends of several lines
CLEAR = "rgba(0,0,0,0)"
PERCENT = {"range": [0, 100]}
LOGARITHMIC = {"type": "log", "exponentformat": "power", "rangemode": "normal", "nticks": 8}
GROUPED = {"barmode": "group", "bargap": 0.25}
RINGS: dict[str, Any] = {"mode": "markers", "marker": {"symbol": "circle-open", "size": 7}}
ABOVE = {"y": 1.02, "yanchor": "bottom"}  # a legend above the figure
_LAB_MARGIN = {"l": 60, "r": 14, "t": 12, "b": 44}

Fields = Mapping[str, Any]
Draw = Callable[[pd.DataFrame, "Canvas"], go.Figure]


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
    traces: Any,
    dark: bool,
    titles: tuple[str, str, str],
    *,
    xaxis: Fields | None = None,
    yaxis: Fields | None = None,
    legend: Fields | None = None,
    margin: Fields | None = None,
    **more: Any,
) -> go.Figure:
    """Return a figure with `layout`, made in one call: updating one takes four times as long.

    Args:
        titles: of the figure, the x axis and the y axis.
        xaxis, yaxis, legend, margin: added to those of the layout.
        more: other fields of the layout.
    """
    fields = layout(dark, *titles)
    parts = {"xaxis": xaxis, "yaxis": yaxis, "legend": legend, "margin": margin}
    for name, part in parts.items():
        fields[name] |= part or {}
    return go.Figure(traces, fields | more)


def subplots(fields: Fields, **grid: Any) -> go.Figure:
    """Return a grid of empty plots.

    Args:
        fields: of the layout; those of axes are left out.
        grid: of `make_subplots`.
    """
    axes = {"xaxis", "yaxis"}
    others = {name: field for name, field in fields.items() if name not in axes}
    return make_subplots(**grid).update_layout(others)


def layout(dark: bool, title: str, x_title: str, y_title: str) -> dict[str, Any]:
    """A figure's layout; zoom and legend stay as the reader changed them when it is updated."""
    colours = ink(dark)
    name = {"text": title, "font": {"size": 15}, "x": 0, "xref": "paper", "y": 0.97}
    return {
        "template": {},  # plotly's own would be 7 kB in every answer, all of it overridden
        **({"title": name} if title else {}),
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


def colour_bar(dark: bool, title: str, **more: Any) -> dict[str, Any]:
    """Return the scale of a map's colours, with its title along the right."""
    return {
        "thickness": 10,
        "outlinewidth": 0,
        "title": {"text": title, "side": "right"},
        "tickfont": {"size": 11, "color": ink(dark).quiet},
        **more,
    }


def log_ticks(low: float, high: float, steps: Sequence[float] = (1.0, 2.0, 5.0)) -> list[float]:
    """Return exponents of ten for a logarithmic scale: these steps of every decade."""
    decades = range(math.floor(low), math.ceil(high) + 1)
    return [float(decade + np.log10(step)) for decade in decades for step in steps]


def level_line(y: float, colour: str, width: float = 1.2, dash: str = "dash") -> dict[str, Any]:
    """Return the shape of a line right across at a height."""
    place = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y}
    return {**place, "line": {"color": colour, "width": width, "dash": dash}}


def note(text: str, colour: str, size: int = 11, **place: Any) -> dict[str, Any]:
    """Return an annotation without an arrow."""
    return {"text": text, "showarrow": False, "font": {"size": size, "color": colour}, **place}


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


def numbers(values: Any) -> Floats:
    """Return a column as float64; what is missing is nan."""
    return pd.to_numeric(pd.Series(values), errors="coerce").to_numpy(float)


def line(
    x: Any,
    y: Any,
    name: str,
    colour: str,
    width: float = 2.5,
    unit: str = "",
    *,
    dash: str = "",
    marker: Fields | None = None,
    **more: Any,
) -> go.Scatter:
    """Return a curve.

    Args:
        dash: solid by default.
        marker: added to the trace's.
        more: other fields of the trace.
    """
    values = numbers(y)
    fields: dict[str, Any] = {
        "x": rounded(numbers(x), 6),
        "y": rounded(values),
        "mode": "lines" if len(values) > 30 else "lines+markers",
        "line": {"color": colour, "width": width} | ({"dash": dash} if dash else {}),
        "marker": {"size": 5, "color": colour, **(marker or {})},
        "name": name,
        "legendgroup": name,
        "hovertemplate": f"<b>{name}</b> · %{{x}}<br>%{{y:.3~g}}{unit}<extra></extra>",
    }
    return go.Scatter(fields | more)


def points(x: Any, y: Any, name: str, hover: str, marker: Fields, **more: Any) -> go.Scatter:
    """Return markers without a curve."""
    fields: dict[str, Any] = {"x": rounded(numbers(x)), "y": rounded(numbers(y))}
    fields |= {"mode": "markers", "name": name, "marker": marker}
    fields |= {"hovertemplate": f"{hover}<extra></extra>"}
    return go.Scatter(fields | more)


def bars(x: Any, heights: Any, name: str, colour: Any, **more: Any) -> go.Bar:
    """Return bars of percents."""
    hover = f"<b>{name}</b> · %{{x}}<br>%{{y:.1f}} %<extra></extra>"
    fields = {"x": list(x), "y": rounded(numbers(heights)), "name": name, "hovertemplate": hover}
    return go.Bar(fields | {"marker": {"color": colour}} | more)


def legend_entry(name: str, mode: str, **style: Any) -> go.Scatter:
    """Return an entry of the legend without a curve."""
    return go.Scatter(x=[None], y=[None], mode=mode, name=name, **style)


def range_band(x: Any, low: Any, high: Any, name: str, colour: str) -> go.Scatter:
    """Return the range around the curve of this name, from columns."""
    return band(numbers(x), numbers(low), numbers(high), name, colour)


@dataclass(frozen=True)
class Canvas:
    """A laboratory's result, and the language and theme that its figures are drawn in.

    Headings stand above these figures, so they have no title.

    Attributes:
        texts: first part of the keys of its texts, such as "labs.lesion".
        settings: of the laboratory's own class.
    """

    texts: str
    tables: Mapping[str, pd.DataFrame]
    settings: Any
    say: Speaker
    dark: bool

    def text(self, key: str, **values: Any) -> str:
        """Return one of the laboratory's texts."""
        return self.say(f"{self.texts}.{key}", **values)

    @property
    def ink(self) -> Ink:
        return ink(self.dark)

    def colour(self, family: object, depth: Any = 56) -> str:
        """Return a network's colour; the depth is the lightness."""
        return theme.colour(str(family), int(depth), self.dark)

    def shade(self, family: str, share: float) -> str:
        """Return a family's colour for a place on a scale: from light at 0 to strong at 1."""
        return self.colour(family, round(20 * (110 / 20) ** share))

    def table(self, name: str) -> pd.DataFrame | None:
        """Return the table if it has rows."""
        table = self.tables.get(name)
        return table if table is not None and len(table) else None

    def figures(self, of: str = "", **drawers: Draw) -> dict[str, go.Figure]:
        """Return the figures whose tables have rows.

        Args:
            of: the table of all of them; by default each has the table of its own name.
        """
        tables = {name: self.table(of or name) for name in drawers}
        drawn = {name: table for name, table in tables.items() if table is not None}
        return {name: drawers[name](table, self) for name, table in drawn.items()}

    def networks(self, table: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
        """Yield label, colour and rows of each network, in the table's order."""
        for _, rows in table.groupby("run", sort=False):
            first = rows.iloc[0]
            yield str(first["label"]), self.colour(first["family"], first["depth"]), rows

    def figure(self, traces: Any, x: str = "", y: str = "", **fields: Any) -> go.Figure:
        """Return a figure of these traces; the y axis begins at 0 unless that is changed.

        Args:
            x, y: names of the axes' titles in the laboratory's texts, or "".
            fields: as in `figure`.
        """
        x_title, y_title = (self.text(f"axis.{name}") if name else "" for name in (x, y))
        fields["yaxis"] = {"rangemode": "tozero", **fields.get("yaxis", {})}
        fields["margin"] = _LAB_MARGIN | fields.get("margin", {})
        return figure(traces, self.dark, ("", x_title, y_title), **fields)

    def subplots(self, **grid: Any) -> go.Figure:
        """Return a grid of empty plots."""
        return subplots({**layout(self.dark, "", "", ""), "margin": _LAB_MARGIN}, **grid)

    def level(self, y: float, text: str, log: bool = False, colour: str = "") -> dict[str, Any]:
        """Return fields of the layout: a dashed line at a value, the paper's or a reference.

        Args:
            log: the axis is a logarithmic one; annotations, unlike shapes, want the exponent there.
            colour: of line and text; by default the quiet ink.
        """
        colour = colour or self.ink.quiet
        place = {"x": 0.99, "xanchor": "right", "y": math.log10(y) if log else y}
        label = {**note(text, colour), "xref": "paper", "yanchor": "bottom", **place}
        return {"shapes": [level_line(y, colour)], "annotations": [label]}
