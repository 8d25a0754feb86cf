"""One value a 3x3 layer at one moment: responses as in Fig. 7, or gradient norms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go

from app.figures import look
from app.figures.band import band
from app.figures.series import Floats, Series, Spread
from app.language.texts import Speaker
from app.page_state.view import View

Quantity = Literal["response", "gradient"]
QUANTITIES: tuple[Quantity, ...] = ("response", "gradient")
_MOST_MARKED = 120  # layers; beyond this, points would touch


def layer_figure(
    series: Sequence[Series], quantity: Quantity, view: View, say: Speaker, dark: bool
) -> go.Figure:
    """The values of every layer at the time that `view.at` names, the newest by default."""
    rows = [(one, one.row_at(view.at)) for one in series if one.layers]
    traces = [
        trace
        for one, row in rows
        if row is not None
        for trace in _traces(one, quantity, row, view, dark)
    ]
    scale = "axis_log" if is_log(quantity, view) else "axis"
    layout = look.layout(
        dark,
        say(f"charts.{quantity}.title"),
        say(f"charts.axis.layers_{view.order}"),
        say(f"charts.{quantity}.{scale}"),
    )
    longest = max((len(one.layers) for one in series), default=1)
    layout["xaxis"] |= {"range": [0.5 - longest * 0.01, longest * 1.01 + 0.5]}
    layout["yaxis"] |= value_axis(series, quantity, view)
    return go.Figure(traces, layout)


def spread_of(one: Series, quantity: Quantity) -> Spread:
    return one.response if quantity == "response" else one.gradient


def ordered(values: Floats, view: View) -> np.ndarray:
    """The layers' places from left to right: their own, or the largest value first."""
    return np.argsort(-values, kind="stable") if view.order == "sorted" else np.arange(len(values))


def is_log(quantity: Quantity, view: View) -> bool:
    """Gradients of a network at its start and at its end are decades apart."""
    return view.log or quantity == "gradient"


def value_axis(series: Sequence[Series], quantity: Quantity, view: View) -> dict[str, Any]:
    """An axis that holds all moments, so that nothing jumps while time is scrubbed."""
    log = is_log(quantity, view)
    low, high = _range([spread_of(one, quantity).high for one in series])
    if high <= 0:
        return {"type": "log" if log else "linear", "rangemode": "tozero"}
    if log:
        low, high = float(np.log10(low)), float(np.log10(high))
        ticks = {"dtick": 1} if high - low > 1.5 else {"dtick": "D2"}  # D2: 1, 2, 5
        return {
            "type": "log",
            "range": [low - 0.1, high + 0.1],
            "exponentformat": "power",
            **ticks,
        }
    return {"range": [0, high * 1.05]}


def _range(parts: Sequence[Floats]) -> tuple[float, float]:
    """The least and the greatest positive finite value; 0 and 0 where there is none.

    Looks at millions of values for every new record of a long run, so nothing is copied.
    """
    low, high = np.inf, 0.0
    for values in parts:
        usable = (values > 0) & (values < np.inf)
        low = min(low, float(values.min(initial=np.inf, where=usable)))
        high = max(high, float(values.max(initial=0.0, where=usable)))
    return (low, high) if high > 0 else (0.0, 0.0)


def _traces(one: Series, quantity: Quantity, row: int, view: View, dark: bool) -> list[go.Scatter]:
    spread, colour = spread_of(one, quantity), look.colour(one, dark)
    order = ordered(spread.mean[row], view)
    places = np.arange(1, len(order) + 1)
    names = [f"{index + 1} · {one.layers[index]}" for index in order]
    line = go.Scatter(
        x=places.tolist(),
        y=look.rounded(spread.mean[row][order]),
        mode="lines+markers" if len(order) <= _MOST_MARKED else "lines",
        line={"color": colour, "width": 2, "dash": look.dash(one)},
        marker={"size": 4},
        name=one.label,
        legendgroup=one.key,
        customdata=names,
        meta={"series": one.key, "role": "row"},
        hovertemplate=f"<b>{one.label}</b> · %{{customdata}}<br>%{{y:.3~g}}<extra></extra>",
    )
    if one.count == 1:
        return [line]
    low, high = spread.low[row][order], spread.high[row][order]
    meta = {"series": one.key, "role": "band"}
    return [band(places, low, high, one.key, colour, meta=meta), line]
