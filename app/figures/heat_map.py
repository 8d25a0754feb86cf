"""Every layer at every moment: a map a run, time to the right, the input at the bottom."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from app.figures import look
from app.figures.layers import Quantity, spread_of
from app.figures.series import Floats, Series
from app.figures.thinning import Indices, moments
from app.language.texts import Speaker
from app.page_state.view import View

MOST_MAPS = 4
_MOST_COLUMNS = 160
_MAP_HEIGHT = 190  # pixels
_EDGES = 84  # pixels above the first map and below the last


def heat_map_figure(
    series: Sequence[Series], quantity: Quantity, view: View, say: Speaker, dark: bool
) -> go.Figure:
    """Maps of the first few runs under one colour scale, which is logarithmic.

    Args:
        series: beyond `MOST_MAPS` they are left out; the page says so.
    """
    shown = [one for one in series if len(one.time) > 1 and one.layers][:MOST_MAPS]
    rows = max(1, len(shown))
    figure = make_subplots(rows=rows, cols=1, shared_xaxes=True, vertical_spacing=0.14 / rows)
    layout = look.layout(
        dark,
        say(f"charts.{quantity}.title"),
        say(f"charts.axis.{view.x}"),
        say("charts.axis.layer"),
    )
    figure.update_layout({key: layout[key] for key in layout if key not in {"xaxis", "yaxis"}})
    figure.update_layout(height=_MAP_HEIGHT * rows + _EDGES, showlegend=False)
    for row, one in enumerate(shown, start=1):
        figure.add_trace(_map(one, quantity), row=row, col=1)
        figure.update_xaxes(
            look.axis(dark, layout["xaxis"]["title"]["text"] if row == rows else ""), row=row, col=1
        )
        figure.update_yaxes(
            look.axis(dark, f"{one.label}<br>{layout['yaxis']['title']['text']}"), row=row, col=1
        )
    figure.update_layout(coloraxis=_colour_axis(shown, quantity, say, dark))
    return figure


def _map(one: Series, quantity: Quantity) -> go.Heatmap:
    """What the colours show; the charts' own script adds what is read out at the pointer.

    That is values and layers' names (`layer_panel.mjs`), which can be told from the colours'
    exponents and `meta.names` and would be two thirds of what is sent.
    """
    where = _columns(one, quantity)
    # L, T: plotly wants a row a height. Zeros (a dead layer) have no logarithm.
    shown = spread_of(one, quantity).mean[where].T
    return go.Heatmap(
        x=look.rounded(one.time[where], 7),
        y=list(range(1, len(one.layers) + 1)),
        # Arrays, not lists: plotly looks at lists value by value, which takes a second here.
        z=_exponents(shown),
        coloraxis="coloraxis",
        name=one.label,
        meta={"series": one.key, "role": "map", "names": list(one.layers)},
        hovertemplate=f"<b>{one.label}</b> · %{{x:,.6~r}} · %{{y}} %{{text}}<br>"
        "%{customdata:.3~g}<extra></extra>",
    )


def _columns(one: Series, quantity: Quantity) -> Indices:
    """The moments that are shown: more than there are pixels would not be seen."""
    return moments([spread_of(one, quantity).mean], len(one.time), _MOST_COLUMNS)


def _exponents(values: Floats) -> NDArray[np.float32]:
    """Logarithms in steps of a 1024th of a decade, 0.2 %: float32 with few digits zips well."""
    exponents = np.log10(np.where(values > 0, values, np.nan))
    return (np.rint(exponents * 1024) / 1024).astype(np.float32)


def _colour_axis(
    shown: Sequence[Series], quantity: Quantity, say: Speaker, dark: bool
) -> dict[str, object]:
    parts = [spread_of(one, quantity).mean[_columns(one, quantity)].ravel() for one in shown]
    values = np.concatenate(parts or [np.ones(1)])
    values = values[np.isfinite(values) & (values > 0)]
    low, high = np.log10(np.percentile(values, [0.5, 99.5])) if len(values) else (-1.0, 0.0)
    steps = (1.0,) if high - low > 1.5 else (1.0, 2.0, 5.0)
    decades = range(int(np.floor(low)), int(np.ceil(high)) + 1)
    ticks = [decade + np.log10(step) for decade in decades for step in steps]
    return {
        # Cividis reads the same to colour-blind eyes.
        "colorscale": "Cividis",
        "cmin": float(low),
        "cmax": float(high),
        "colorbar": {
            "thickness": 10,
            "outlinewidth": 0,
            "tickvals": [float(tick) for tick in ticks],
            "ticktext": [f"{10**tick:g}" for tick in ticks],
            "title": {"text": say(f"charts.{quantity}.short"), "side": "right"},
            "tickfont": {"size": 11, "color": look.ink(dark).quiet},
        },
    }
