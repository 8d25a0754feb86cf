"""Training error from each start, singular values before, responses and errors after."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.figures import look
from app.figures.look import Canvas

_LEAST = 1e-8  # of the largest: below it a singular value is rounding
# Family of a role's colour, and its dash.
_STYLES = {
    "he": ("plain", "solid"),
    "residual": ("resnet", "solid"),
    "dirac_noise": ("highway", "solid"),
    "leaky": ("preresnet", "solid"),
    "dirac_leaky": ("highway", "dot"),
    "dirac": ("other", "dash"),
    "orthogonal": ("other", "dot"),
}


def draw(canvas: Canvas) -> dict[str, go.Figure]:
    """Return the figures curves, errors, singular and responses; each once its table has rows."""
    return canvas.figures(curves=_curves, errors=_errors, singular=_singular, responses=_responses)


def _curves(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Means over seeds with their range."""
    traces: list[Any] = []
    for role, rows in table.groupby("role", sort=False):
        numbers = rows.assign(error=look.numbers(rows["error"]))
        spread = numbers.groupby("iteration")["error"].agg(["mean", "min", "max"])
        line = _line(str(role), spread.index, spread["mean"], canvas)
        band = look.range_band(
            spread.index, spread["min"], spread["max"], str(line.name), str(line.line.color)
        )
        traces += [band, line]
    axes = ("iteration", "training_error")
    return canvas.figure(traces, *axes, yaxis=look.PERCENT, height=look.TALLER)


def _errors(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """A row a role: training error filled, test error open, a mark a seed."""
    roles = [role for role in _STYLES if role in set(table["role"])]
    names = [canvas.text(f"role.{role}") for role in roles]
    places = [roles.index(str(role)) for role in table["role"]]
    style = {"size": 11, "color": [_colour(str(role), canvas) for role in table["role"]]}
    traces = []
    for part, symbol in (("train", "circle"), ("test", "circle-open")):
        name = canvas.text(f"series.{part}")
        marker = {**style, "symbol": symbol, "line": {"width": 2}}
        hover = f"<b>%{{text}}</b><br>%{{x:.1f}} % {name}"
        text = [names[place] for place in places]
        traces.append(look.points(table[part], places, name, hover, marker, text=text))
    y = {"tickvals": list(range(len(roles))), "ticktext": names, "automargin": True}
    y |= {"autorange": "reversed", "rangemode": "normal"}
    x = {"range": [-2, 100]}
    height = 130 + 30 * len(roles)
    return canvas.figure(traces, "error", xaxis=x, yaxis=y, legend=look.ABOVE, height=height)


def _singular(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Over the largest one, from the strongest direction to the weakest."""
    traces = []
    for role, rows in table.groupby("role", sort=False):
        values = np.maximum(np.nan_to_num(look.numbers(rows["value"])), _LEAST)
        traces.append(_line(str(role), 100 * look.numbers(rows["share"]), values, canvas))
    x = {"ticksuffix": " %"}
    return canvas.figure(
        traces, "share", "value", xaxis=x, yaxis=look.LOGARITHMIC, height=look.TALLER
    )


def _responses(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """From the input on the left to the output, the first seed of each role."""
    traces = []
    for role, rows in table.groupby("role", sort=False):
        traces.append(_line(str(role), rows["place"], rows["std"], canvas))
    ends = [canvas.text("place.first"), canvas.text("place.last")]
    x = {"tickvals": [0, 1], "ticktext": ends, "range": [-0.02, 1.02]}
    return canvas.figure(traces, "place", "std", xaxis=x, margin={"r": 36}, height=look.TALLER)


def _line(role: str, x: Any, y: Any, canvas: Canvas) -> go.Scatter:
    name, dash = canvas.text(f"role.{role}"), _STYLES[role][1]
    return look.line(x, y, name, _colour(role, canvas), dash=dash).update(mode="lines")


def _colour(role: str, canvas: Canvas) -> str:
    return canvas.colour(_STYLES[role][0])
