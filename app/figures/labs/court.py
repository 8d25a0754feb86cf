"""Measurements for the five hypotheses: learning curves, gradients by layer, and final errors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.figures import look
from app.figures.look import Canvas

LIVE = "live"
LONG = ("_3x", "_3x_slow", "_10x_slow")  # roles of the longer runs end so
_LEAST = 1e-16  # a gradient of 0 has no place on a logarithmic axis
# Colours that are no family's, for the remedies.
_REMEDIES = {"dirac": "highway", "dirac_leaky": "preresnet", "vanishing": "other"}


def draw(canvas: Canvas) -> dict[str, go.Figure]:
    """Return the figures curves, gradients and errors; each once its table has rows."""
    return canvas.figures(curves=_curves, gradients=_gradients, errors=_errors)


def _colour(role: str, canvas: Canvas) -> str:
    depth = 20 if role.startswith("shallow") else 56
    return canvas.colour(_REMEDIES.get(role, "plain"), depth)


def _curves(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Training error of the short runs, means over seeds; the long ones are thin."""
    traces = []
    for role, rows in table.groupby("role", sort=False):
        name = canvas.text(f"role.{role}", depth=int(rows.iloc[0]["depth"]))
        width, colour = 1.3 if str(role).endswith(LONG) else 2.8, _colour(str(role), canvas)
        course = rows.assign(error=look.numbers(rows["error"])).groupby("iteration")["error"].mean()
        trace = look.line(course.index, course, name, colour, width, " %")
        traces.append(trace.update(mode="lines"))
    axes = ("iteration", "training_error")
    return canvas.figure(traces, *axes, yaxis=look.PERCENT, height=look.TALLER)


def _gradients(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """From the input on the left to the output, over the last layer's; signals dotted."""
    traces = []
    columns = ["source", "role", "seed", "kind", "moment"]
    for (source, role, seed, kind, moment), rows in table.groupby(columns, sort=False):
        longer = str(role).endswith(LONG)
        if longer or seed != table[table["role"] == role]["seed"].min():
            continue
        label, colour = _name(rows.iloc[0], canvas), _colour(str(role), canvas)
        at = canvas.text(f"moment.{moment}") if source != LIVE else ""
        name = canvas.text(f"series.{kind}", label=label, moment=at)
        norms = look.numbers(rows["norm"])
        last = norms[-1] if norms[-1] > 0 else 1.0
        shares = np.fmax(norms / last, _LEAST)
        dash = "solid" if kind == "weights" else "dot"
        trace = look.line(rows["place"], shares, name, colour, 2.2, dash=dash, mode="lines")
        trace.customdata = rows["layer"].tolist()
        trace.hovertemplate = f"<b>{name}</b> · %{{customdata}}<br>%{{y:.2~g}}<extra></extra>"
        traces.append(trace)
    ends = [canvas.text("place.first"), canvas.text("place.last")]
    return canvas.figure(
        traces,
        "place",
        "gradient",
        yaxis=look.LOGARITHMIC,
        xaxis={"tickvals": [0, 1], "ticktext": ends, "range": [-0.02, 1.02]},
        margin={"r": 36},
        height=look.TALLER,
    )


def _errors(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """A row a role or network: training error filled, test error open, a mark a seed."""
    rows = table[table["role"] != "vanishing"].reset_index(drop=True)
    names = [_name(row, canvas) for _, row in rows.iterrows()]
    order = list(dict.fromkeys(names))
    places = [order.index(name) for name in names]
    style = {"size": 11, "color": [_colour(str(role), canvas) for role in rows["role"]]}
    traces = []
    for part, symbol in (("train", "circle"), ("test", "circle-open")):
        name = canvas.text(f"series.{part}")
        marker = {**style, "symbol": symbol, "line": {"width": 2}}
        hover = f"<b>%{{text}}</b><br>%{{x:.1f}} % {name}"
        traces.append(look.points(rows[part], places, name, hover, marker, text=names))
    y = {"tickvals": list(range(len(order))), "ticktext": order}
    y |= {"autorange": "reversed", "rangemode": "normal", "automargin": True}
    return canvas.figure(
        traces,
        "error",
        xaxis={"range": [-2, 100]},
        yaxis=y,
        legend=look.ABOVE,
        height=130 + 30 * len(order),
    )


def _name(row: pd.Series, canvas: Canvas) -> str:
    """A short run by its role, a trained network by its label."""
    if row["source"] == LIVE:
        return canvas.text(f"role.{row['role']}", depth=int(row["depth"]))
    if row["role"] == "graft":
        return canvas.text("role.graft", label=row["label"], depth=int(row["depth"]))
    return str(row["label"])
