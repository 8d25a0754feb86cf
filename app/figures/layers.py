"""Values by layer, responses as in Fig. 7 or gradient norms: at one time, and as maps over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from app.figures import look
from app.figures.series import Floats, Indices, Series, Spread, moments
from app.language.texts import Speaker
from app.page_state.view import View

Quantity = Literal["response", "gradient"]
QUANTITIES: tuple[Quantity, ...] = ("response", "gradient")
MOST_MAPS = 4
_MOST_MARKERS = 120  # layers; beyond this, points would touch
_MOST_COLUMNS = 160  # of a map
_MAP_HEIGHT = 190  # pixels
_EDGES = 84  # pixels above the first map and below the last


def layer_figure(
    series: Sequence[Series], quantity: Quantity, view: View, say: Speaker, dark: bool
) -> go.Figure:
    """Draw the values of every layer at the time `view.at`, the newest by default."""
    traces = [
        trace
        for curve in series
        if curve.layers and (row := curve.row_at(view.at)) is not None
        for trace in _row_traces(curve, quantity, row, view, dark)
    ]
    scale = "axis_log" if _is_log(quantity, view) else "axis"
    most = max((len(curve.layers) for curve in series), default=1)
    titles = (
        say(f"charts.{quantity}.title"),
        say(f"charts.axis.layers_{view.order}"),
        say(f"charts.{quantity}.{scale}"),
    )
    x = {"range": [0.5 - most * 0.01, most * 1.01 + 0.5]}
    return look.figure(traces, dark, titles, xaxis=x, yaxis=value_axis(series, quantity, view))


def spread_of(series: Series, quantity: Quantity) -> Spread:
    return series.response if quantity == "response" else series.gradient


def value_axis(series: Sequence[Series], quantity: Quantity, view: View) -> dict[str, Any]:
    """An axis that holds all times, so that nothing jumps while the reader scrubs."""
    log = _is_log(quantity, view)
    low, high = _range([spread_of(curve, quantity).high for curve in series])
    if high <= 0:
        return {"type": "log" if log else "linear", "rangemode": "tozero"}
    if not log:
        return {"range": [0, high * 1.05]}
    low, high = float(np.log10(low)), float(np.log10(high))
    return {
        "type": "log",
        "range": [low - 0.1, high + 0.1],
        "exponentformat": "power",
        "dtick": 1 if high - low > 1.5 else "D2",  # D2: 1, 2, 5
    }


def _is_log(quantity: Quantity, view: View) -> bool:
    """Return True for a logarithmic axis: gradients at the start and the end are decades apart."""
    return view.log or quantity == "gradient"


def _range(parts: Sequence[Floats]) -> tuple[float, float]:
    """Return the least and the greatest positive finite value; 0 and 0 where there is none.

    Reads millions of values for every new record of a long run, so nothing is copied.
    """
    low, high = np.inf, 0.0
    for values in parts:
        usable = (values > 0) & (values < np.inf)
        low = min(low, float(values.min(initial=np.inf, where=usable)))
        high = max(high, float(values.max(initial=0.0, where=usable)))
    return (low, high) if high > 0 else (0.0, 0.0)


def _row_traces(
    series: Series, quantity: Quantity, row: int, view: View, dark: bool
) -> list[go.Scatter]:
    spread, colour = spread_of(series, quantity), look.colour(series, dark)
    mean = spread.mean[row]
    in_order = view.order != "sorted"
    order = np.arange(len(mean)) if in_order else np.argsort(-mean, kind="stable")
    x = np.arange(1, len(order) + 1)
    line = go.Scatter(
        x=x.tolist(),
        y=look.rounded(mean[order]),
        mode="lines+markers" if len(order) <= _MOST_MARKERS else "lines",
        line={"color": colour, "width": 2, "dash": look.dash(series)},
        marker={"size": 4},
        name=series.label,
        legendgroup=series.key,
        customdata=[f"{index + 1} · {series.layers[index]}" for index in order],
        meta={"series": series.key, "role": "row"},
        hovertemplate=f"<b>{series.label}</b> · %{{customdata}}<br>%{{y:.3~g}}<extra></extra>",
    )
    if series.count == 1:
        return [line]
    low, high = spread.low[row][order], spread.high[row][order]
    meta = {"series": series.key, "role": "band"}
    return [look.band(x, low, high, series.key, colour, meta=meta), line]


def heat_map_figure(
    series: Sequence[Series], quantity: Quantity, view: View, say: Speaker, dark: bool
) -> go.Figure:
    """Draw a map a run under one logarithmic colour scale: time to the right, the input at the
    bottom.

    Args:
        series: beyond `MOST_MAPS` they are left out; the page says so.
    """
    drawn = [curve for curve in series if len(curve.time) > 1 and curve.layers][:MOST_MAPS]
    rows = max(1, len(drawn))
    x_title, y_title = say(f"charts.axis.{view.x}"), say("charts.axis.layer")
    layout = look.layout(dark, say(f"charts.{quantity}.title"), x_title, y_title)
    grid = {"rows": rows, "cols": 1, "shared_xaxes": True, "vertical_spacing": 0.14 / rows}
    figure = look.subplots(layout, **grid)
    figure.update_layout(height=_MAP_HEIGHT * rows + _EDGES, showlegend=False)
    for row, curve in enumerate(drawn, start=1):
        figure.add_trace(_map(curve, quantity), row=row, col=1)
        figure.update_xaxes(look.axis(dark, x_title if row == rows else ""), row=row, col=1)
        figure.update_yaxes(look.axis(dark, f"{curve.label}<br>{y_title}"), row=row, col=1)
    return figure.update_layout(coloraxis=_colour_axis(drawn, quantity, say, dark))


def _map(series: Series, quantity: Quantity) -> go.Heatmap:
    """The colours of a map; `layer_panel.mjs` adds the values and names shown at the pointer.

    The browser computes them from the colours' exponents and `meta.names`; they would be two
    thirds of the answer.
    """
    columns = _columns(series, quantity)
    return go.Heatmap(
        x=look.rounded(series.time[columns], 7),
        y=list(range(1, len(series.layers) + 1)),
        # Arrays, not lists: plotly looks at lists value by value, which takes a second here.
        z=_exponents(spread_of(series, quantity).mean[columns].T),  # L, T
        coloraxis="coloraxis",
        name=series.label,
        meta={"series": series.key, "role": "map", "names": list(series.layers)},
        hovertemplate=f"<b>{series.label}</b> · %{{x:,.6~r}} · %{{y}} %{{text}}<br>"
        "%{customdata:.3~g}<extra></extra>",
    )


def _columns(series: Series, quantity: Quantity) -> Indices:
    """The times of a map: more columns than pixels would not be seen."""
    return moments([spread_of(series, quantity).mean], len(series.time), _MOST_COLUMNS)


def _exponents(values: Floats) -> NDArray[np.float32]:
    """Logarithms in steps of a 1024th of a decade, 0.2 %: float32 with few digits zips well.

    Zeros (a dead layer) have no logarithm and become NaN.
    """
    exponents = np.log10(np.where(values > 0, values, np.nan))
    return (np.rint(exponents * 1024) / 1024).astype(np.float32)


def _colour_axis(
    series: Sequence[Series], quantity: Quantity, say: Speaker, dark: bool
) -> dict[str, object]:
    parts = [spread_of(one, quantity).mean[_columns(one, quantity)].ravel() for one in series]
    values = np.concatenate(parts or [np.ones(1)])
    values = values[np.isfinite(values) & (values > 0)]
    low, high = np.log10(np.percentile(values, [0.5, 99.5])) if len(values) else (-1.0, 0.0)
    steps = (1.0,) if high - low > 1.5 else (1.0, 2.0, 5.0)
    ticks = look.log_ticks(low, high, steps)
    labels = {"tickvals": ticks, "ticktext": [f"{10**tick:g}" for tick in ticks]}
    return {
        # Cividis reads the same to colour-blind eyes.
        "colorscale": "Cividis",
        "cmin": float(low),
        "cmax": float(high),
        "colorbar": look.colour_bar(dark, say(f"charts.{quantity}.short"), **labels),
    }
