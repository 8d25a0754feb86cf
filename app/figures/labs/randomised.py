"""How like a map stays to itself while its network is forgotten."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from app.figures.labs import curves
from app.figures.labs.networks import networks
from app.language.texts import Speaker
from resnet_core.labs.randomised.question import Settings

# Methods differ in dash and marker; dashes alone are the paper's.
_DASHES = ("solid", "dot", "dashdot", "longdashdot")
_MARKERS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star")


def draw(
    tables: Mapping[str, pd.DataFrame], settings: Settings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The figure correlations: a curve a network and method."""
    table = tables.get("correlations")
    if table is None or not len(table):
        return {}
    traces: list[go.Scatter] = []
    steps: dict[int, str] = {}
    for label, colour, rows in networks(table, dark):
        for method, part in rows.groupby("method", sort=False):
            place = settings.methods.index(method)
            name = f"{label} · {say(f'attribution.short.{method}')}"
            trace = curves.line(part["step"], part["correlation"], name, colour)
            trace.line.dash = _DASHES[place % len(_DASHES)]
            trace.marker.symbol = _MARKERS[place]
            trace.text = [layer or say("attribution.whole") for layer in part["layer"]]
            trace.hovertemplate = f"<b>{name}</b><br>%{{text}}: %{{y:.2f}}<extra></extra>"
            traces.append(trace)
            steps |= dict(zip(part["step"], trace.text, strict=True))
    layout = curves.layout(dark, say("attribution.axis.forgotten"), say("attribution.axis.ranks"))
    layout["xaxis"] |= {"tickvals": list(steps), "ticktext": list(steps.values())}
    layout["xaxis"] |= {"tickangle": -40, "title": {**layout["xaxis"]["title"], "standoff": 4}}
    layout["yaxis"] |= {"range": [-0.35, 1.05], "rangemode": "normal", "zeroline": True}
    layout["yaxis"] |= {"zerolinecolor": layout["yaxis"]["gridcolor"]}
    layout["margin"] |= {"b": 120}
    layout["height"], layout["meta"] = 460, {"wide": True}
    layout["legend"] |= {"y": 1.02, "yanchor": "bottom"}
    return {"correlations": go.Figure(traces, layout)}
