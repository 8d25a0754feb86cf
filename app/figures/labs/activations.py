"""How large what enters a block, what its branch gives and their sum are, along the network."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from app.figures.labs import curves
from app.figures.labs.networks import networks
from app.language.texts import Speaker
from resnet_core.labs.activations.question import Settings

_DRAWN = {"shortcut": "dot", "branch": "dashdot", "total": "solid"}


def draw(
    tables: Mapping[str, pd.DataFrame], settings: Settings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The figure sizes: standard deviations over all channels and pixels of this picture."""
    table = tables.get("additions")
    if table is None or not len(table):
        return {}
    traces = []
    for label, colour, rows in networks(table, dark):
        for part, dash in _DRAWN.items():
            there = rows[rows["part"] == part]
            if not len(there):
                continue  # a plain block adds nothing up
            name = f"{label} · {say(f'attribution.part.{part}')}"
            trace = curves.line(there["block"], there["std"], name, colour)
            trace.x, trace.line.dash = list(there["block"]), dash
            traces.append(trace)
    layout = curves.layout(dark, say("attribution.axis.block"), say("attribution.axis.std"))
    layout["xaxis"] |= {"type": "category", "tickangle": -40}
    layout["margin"] |= {"b": 90}
    layout["legend"] |= {"y": 1.02, "yanchor": "bottom"}
    layout["height"], layout["meta"] = 400, {"wide": True}
    return {"sizes": go.Figure(traces, layout)}
