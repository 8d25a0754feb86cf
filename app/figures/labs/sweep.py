"""The grid as maps of error and of gradient, and every cell's curve."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.figures import look
from app.figures.look import Canvas
from resnet_core.labs.sweep.question import SHALLOW

_LEAST_EXPONENT = -12.0  # of a gradient's share; less is drawn as this
_ROW_HEIGHT = 74  # pixels, of the curves
# Fixed ranges, so that the same colour means the same in every run.
_RANGES = {"error": (0, 90), "excess": (-60, 60), "ratio": (_LEAST_EXPONENT, 2)}
_DECADES = {"tickvals": [-12, -9, -6, -3, 0], "ticktext": ["10⁻¹²", "10⁻⁹", "10⁻⁶", "10⁻³", "1"]}


def draw(canvas: Canvas) -> dict[str, go.Figure]:
    """Return the maps error, excess and ratio, once there is a cell, and the curves."""
    maps = canvas.figures("cells", error=_error, excess=_excess, ratio=_ratio)
    return maps | canvas.figures(curves=_curves)


def _error(cells: pd.DataFrame, canvas: Canvas) -> go.Figure:
    return _map(cells, look.numbers(cells["error"]), "error", canvas)


def _excess(cells: pd.DataFrame, canvas: Canvas) -> go.Figure:
    excess = look.numbers(cells["error"]) - look.numbers(cells["shallow"])
    return _map(cells, excess, "excess", canvas)


def _ratio(cells: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Logarithms, bounded; a gradient that is 0 at both ends has no share at all."""
    exponents = np.log10(look.numbers(cells["ratio"]).clip(10**_LEAST_EXPONENT))
    return _map(cells, exponents, "ratio", canvas)


def _activation(name: str, canvas: Canvas) -> str:
    return canvas.text(f"option.activations.{name}")


def _norm(batch_norm: bool, canvas: Canvas) -> str:
    return canvas.text(f"norm.{str(batch_norm).lower()}")


def _initialization(name: str, canvas: Canvas) -> str:
    return canvas.text(f"option.initializations.{name}")


def _map(cells: pd.DataFrame, values: Any, quantity: str, canvas: Canvas) -> go.Figure:
    """A row an activation; a column an initialisation, with BN, then without."""
    activations = list(canvas.settings.activations)
    columns = [(norm, name) for norm in (True, False) for name in canvas.settings.initializations]
    shape = (len(activations), len(columns))
    z, texts, keys = np.full(shape, None), np.full(shape, "", object), np.full(shape, "", object)
    for (_, cell), value in zip(cells.iterrows(), values, strict=True):
        kind = (cell["activation"], bool(cell["batch_norm"]), cell["initialization"])
        place = activations.index(kind[0]), columns.index(kind[1:])
        z[place] = None if math.isnan(value) else round(float(value), 2)
        texts[place], keys[place] = _hover_text(cell, canvas), _key(*kind)
    heat = go.Heatmap(
        z=z.tolist(),
        text=texts.tolist(),
        customdata=keys.tolist(),
        meta={"opens": "curves"},  # a click on a cell shows its curves alone
        texttemplate="%{z:.0f}",
        hovertemplate="%{text}<extra></extra>",
        hoverongaps=False,
        xgap=2,
        ygap=2,
        **_scale(quantity, canvas),
    )
    names = [f"{_initialization(name, canvas)}<br>{_norm(norm, canvas)}" for norm, name in columns]
    x = {"tickvals": list(range(shape[1])), "ticktext": names, "tickangle": 0, "showgrid": False}
    x["tickfont"] = {"size": 10, "color": canvas.ink.quiet}
    names = [_activation(name, canvas) for name in activations]
    y = {"tickvals": list(range(shape[0])), "ticktext": names, "showgrid": False}
    return canvas.figure(
        heat,
        xaxis=x,
        yaxis=y | {"autorange": "reversed", "rangemode": "normal"},
        margin={"l": 70, "r": 8, "t": 12, "b": 46},
        height=60 + 62 * shape[0],
        showlegend=False,
    )


def _scale(quantity: str, canvas: Canvas) -> dict[str, Any]:
    low, high = _RANGES[quantity]
    ticks = _DECADES if quantity == "ratio" else {}
    return {
        "colorscale": "RdBu_r" if quantity == "excess" else "Cividis",
        "zmin": low,
        "zmax": high,
        "colorbar": look.colour_bar(canvas.dark, canvas.text(f"scale.{quantity}"), **ticks),
    }


def _hover_text(cell: pd.Series, canvas: Canvas) -> str:
    forms = {"error": ".1f", "shallow": ".1f", "first": ".1e", "last": ".1e"}
    numbers = {
        column: "–" if pd.isna(cell[column]) else format(float(cell[column]), form)
        for column, form in forms.items()
    }
    name, outcome = _activation(cell["activation"], canvas), f"outcome.{cell['outcome']}"
    depth = int(cell["depth"])
    return canvas.text("cell", name=name, outcome=canvas.text(outcome), depth=depth, **numbers)


def _key(activation: str, batch_norm: bool, initialization: str) -> str:
    return f"{activation} {'bn' if batch_norm else 'none'} {initialization}"


def _curves(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """A small chart each cell: the deep network bold, the shallow one thin."""
    settings, quiet = canvas.settings, canvas.ink.quiet
    rows = [(name, norm) for name in settings.activations for norm in (True, False)]
    names = list(settings.initializations)
    figure = canvas.subplots(
        rows=len(rows),
        cols=len(names),
        shared_xaxes="all",
        shared_yaxes="all",
        horizontal_spacing=0.03,
        vertical_spacing=0.14 / len(rows),
        column_titles=[_initialization(name, canvas) for name in names],
    )
    updates = canvas.text("axis.iteration")
    for kind, part in table.groupby(["activation", "batch_norm", "initialization", "depth"]):
        activation, norm, initialization = str(kind[0]), bool(kind[1]), str(kind[2])
        depth = int(kind[3])
        deep = depth != SHALLOW
        colour = canvas.colour(settings.family, depth if deep else 20)
        name, width = canvas.text("series", depth=depth), 2.5 if deep else 1.2
        trace = look.line(part["iteration"], part["error"], name, colour, width, " %", mode="lines")
        # The titles of the axes when a cell's curves are shown alone; they name the cell.
        labels = (_activation(activation, canvas), _norm(norm, canvas))
        title = " · ".join((*labels, _initialization(initialization, canvas)))
        cell = _key(activation, norm, initialization)
        row, column = rows.index((activation, norm)), names.index(initialization)
        trace.update(meta={"cell": cell, "x": updates, "y": title}, showlegend=row + column == 0)
        figure.add_trace(trace, row=row + 1, col=column + 1)
    figure.update_xaxes(look.axis(canvas.dark, ""), range=[0, settings.iterations])
    figure.update_yaxes(look.axis(canvas.dark, ""), range=[0, 100], dtick=50)
    for place, (name, norm) in enumerate(rows, start=1):
        title = f"{_activation(name, canvas)}<br>{_norm(norm, canvas)}"
        figure.update_yaxes({"title": {"text": title, "font": {"size": 10}}}, row=place, col=1)
    axis = {"title": {"text": updates, "font": {"size": 12}}}
    figure.update_xaxes(axis, row=len(rows), col=(len(names) + 1) // 2)
    figure.update_annotations(font={"size": 12, "color": quiet})
    margin = {"l": 70, "r": 8, "t": 26, "b": 44}
    height = 110 + _ROW_HEIGHT * len(rows)
    return figure.update_layout(height=height, margin=margin, legend={"y": -0.1})
