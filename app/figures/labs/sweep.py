"""The grid as maps of error and of gradient, and every cell's curve."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app import theme
from app.figures import look
from app.figures.labs import shared
from app.language.texts import Speaker
from resnet_core.labs.sweep.question import SHALLOW, Settings

_LEAST_EXPONENT = -12.0  # of a gradient's share; less is drawn as this
_ROW_HEIGHT = 74  # pixels, of the curves


def draw(
    tables: Mapping[str, pd.DataFrame], settings: Settings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The maps error, excess and ratio, once there is a cell, and the curves."""
    figures = {}
    cells = tables.get("cells")
    if cells is not None and len(cells):
        figures["error"] = _map(cells, cells["error"], "error", settings, say, dark)
        excess = shared.numbers(cells["error"]) - shared.numbers(cells["shallow"])
        figures["excess"] = _map(cells, excess, "excess", settings, say, dark)
        exponents = [_exponent(share) for share in shared.numbers(cells["ratio"])]
        figures["ratio"] = _map(cells, exponents, "ratio", settings, say, dark)
    measured = tables.get("curves")
    if measured is not None and len(measured):
        figures["curves"] = _curves(measured, settings, say, dark)
    return figures


def _exponent(share: float) -> float:
    """log10, bounded; a gradient that is 0 at both ends has no share at all."""
    if math.isnan(share):
        return math.nan
    return max(_LEAST_EXPONENT, math.log10(share)) if share > 0 else _LEAST_EXPONENT


def _columns(settings: Settings, say: Speaker) -> list[tuple[tuple[bool, str], str]]:
    """With BN, then without; a column each initialisation."""
    return [
        (
            (batch_norm, name),
            f"{say(f'labs.sweep.option.initializations.{name}')}<br>"
            f"{say(f'labs.sweep.norm.{str(batch_norm).lower()}')}",
        )
        for batch_norm in (True, False)
        for name in settings.initializations
    ]


def _map(
    cells: pd.DataFrame, values: Any, what: str, settings: Settings, say: Speaker, dark: bool
) -> go.Figure:
    columns = _columns(settings, say)
    places = {key: place for place, (key, _) in enumerate(columns)}
    size = (len(settings.activations), len(columns))
    z: list[list[float | None]] = [[None] * size[1] for _ in range(size[0])]
    hover = [[""] * size[1] for _ in range(size[0])]
    keys = [[""] * size[1] for _ in range(size[0])]
    for (_, cell), value in zip(cells.iterrows(), shared.numbers(values), strict=True):
        row = settings.activations.index(cell["activation"])
        column = places[bool(cell["batch_norm"]), cell["initialization"]]
        z[row][column] = None if math.isnan(value) else round(float(value), 2)
        hover[row][column] = _hover_text(cell, say)
        keys[row][column] = _key(cell["activation"], cell["batch_norm"], cell["initialization"])
    layout = shared.layout(dark, "", "")
    layout["xaxis"] |= {
        "tickvals": list(range(size[1])),
        "ticktext": [text for _, text in columns],
        "tickangle": 0,
        "tickfont": {"size": 10, "color": look.ink(dark).quiet},
        "showgrid": False,
    }
    layout["yaxis"] |= {
        "tickvals": list(range(size[0])),
        "ticktext": [say(f"labs.sweep.option.activations.{n}") for n in settings.activations],
        "autorange": "reversed",
        "rangemode": "normal",
        "showgrid": False,
    }
    layout |= {"margin": {"l": 70, "r": 8, "t": 12, "b": 46}, "height": 60 + 62 * size[0]}
    layout["showlegend"] = False
    heat = go.Heatmap(
        z=z,
        text=hover,
        customdata=keys,
        meta={"opens": "curves"},  # a click on a cell shows its curves alone
        texttemplate="%{z:.0f}",
        hovertemplate="%{text}<extra></extra>",
        hoverongaps=False,
        xgap=2,
        ygap=2,
        **_scale(what, say, dark),
    )
    return go.Figure(heat, layout)


def _scale(what: str, say: Speaker, dark: bool) -> dict[str, Any]:
    """Fixed ranges, so that the same colour means the same in every run."""
    ranges = {"error": (0, 90), "excess": (-60, 60), "ratio": (_LEAST_EXPONENT, 2)}
    scale = "RdBu_r" if what == "excess" else "Cividis"
    low, high = ranges[what]
    title = {"text": say(f"labs.sweep.scale.{what}"), "side": "right"}
    bar = {"thickness": 10, "outlinewidth": 0, "title": title}
    bar["tickfont"] = {"size": 11, "color": look.ink(dark).quiet}
    if what == "ratio":
        bar |= {
            "tickvals": [-12, -9, -6, -3, 0],
            "ticktext": ["10⁻¹²", "10⁻⁹", "10⁻⁶", "10⁻³", "1"],
        }
    return {"colorscale": scale, "zmin": low, "zmax": high, "colorbar": bar}


def _hover_text(cell: pd.Series, say: Speaker) -> str:
    def number(column: str, form: str) -> str:
        return "–" if pd.isna(cell[column]) else format(float(cell[column]), form)

    return say(
        "labs.sweep.cell",
        name=say(f"labs.sweep.option.activations.{cell['activation']}"),
        outcome=say(f"labs.sweep.outcome.{cell['outcome']}"),
        depth=int(cell["depth"]),
        error=number("error", ".1f"),
        shallow=number("shallow", ".1f"),
        first=number("first", ".1e"),
        last=number("last", ".1e"),
    )


def _key(activation: str, batch_norm: bool, initialization: str) -> str:
    return f"{activation} {'bn' if batch_norm else 'none'} {initialization}"


def _axes(cell: str, say: Speaker) -> dict[str, str]:
    """The axis titles for the cell's curves shown alone, which name the cell."""
    activation, norm, initialization = cell.split()
    has_bn = str(norm == "bn").lower()
    named = " · ".join(
        (
            say(f"labs.sweep.option.activations.{activation}"),
            say(f"labs.sweep.norm.{has_bn}"),
            say(f"labs.sweep.option.initializations.{initialization}"),
        )
    )
    return {"x": say("labs.sweep.axis.iteration"), "y": named}


def _curves(table: pd.DataFrame, settings: Settings, say: Speaker, dark: bool) -> go.Figure:
    """A small chart each cell: the deep network bold, the shallow one thin."""
    rows = [(name, norm) for name in settings.activations for norm in (True, False)]
    names = list(settings.initializations)
    figure = make_subplots(
        rows=len(rows),
        cols=len(names),
        shared_xaxes="all",
        shared_yaxes="all",
        horizontal_spacing=0.03,
        vertical_spacing=0.14 / len(rows),
        column_titles=[say(f"labs.sweep.option.initializations.{name}") for name in names],
    )
    layout = shared.layout(dark, "", "")
    figure.update_layout({key: layout[key] for key in layout if key not in {"xaxis", "yaxis"}})
    for kind, part in table.groupby(["activation", "batch_norm", "initialization", "depth"]):
        activation, batch_norm, initialization, depth = kind
        deep = int(depth) != SHALLOW
        trace = shared.line(
            part["iteration"],
            part["error"],
            say("labs.sweep.series", depth=int(depth)),
            theme.colour(settings.family, int(depth) if deep else 20, dark),
            2.5 if deep else 1.2,
            " %",
        )
        cell = _key(activation, batch_norm, initialization)
        trace.update(meta={"cell": cell, **_axes(cell, say)})
        row, column = rows.index((activation, bool(batch_norm))), names.index(initialization)
        trace.update(mode="lines", showlegend=(row, column) == (0, 0))
        figure.add_trace(trace, row=row + 1, col=column + 1)
    figure.update_xaxes(look.axis(dark, ""), range=[0, settings.iterations])
    figure.update_yaxes(look.axis(dark, ""), range=[0, 100], dtick=50)
    for place, (name, norm) in enumerate(rows, start=1):
        title = f"{say(f'labs.sweep.option.activations.{name}')}<br>"
        title += say(f"labs.sweep.norm.{str(norm).lower()}")
        figure.update_yaxes({"title": {"text": title, "font": {"size": 10}}}, row=place, col=1)
    axis = {"title": {"text": say("labs.sweep.axis.iteration"), "font": {"size": 12}}}
    figure.update_xaxes(axis, row=len(rows), col=(len(names) + 1) // 2)
    figure.update_annotations(font={"size": 12, "color": look.ink(dark).quiet})
    figure.update_layout(height=110 + _ROW_HEIGHT * len(rows))
    figure.update_layout(margin={"l": 70, "r": 8, "t": 26, "b": 44}, legend={"y": -0.1})
    return figure
