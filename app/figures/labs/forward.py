"""The norms of the stream, of what is added to it and of their float64 sum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app.figures import look
from app.figures.labs import shared
from app.language.texts import Speaker
from resnet_core.labs.forward.question import Settings

_EXTRA = 30  # pixels: legends of several lines


def draw(
    tables: Mapping[str, pd.DataFrame], settings: Settings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The figures ledger, difference and growth, once there are rows."""
    table = tables.get("ledger")
    if table is None or not len(table):
        return {}
    trained = table[table["state"] == "trained"]
    return {
        "ledger": _ledger(trained, say, dark),
        "difference": _difference(trained, say, dark),
        "growth": _growth(table, say, dark),
    }


def _ledger(trained: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """||x|| bold, the sum dotted, ||F|| as points."""
    traces = []
    for label, colour, rows in shared.networks(trained, dark):
        place = rows["place"]
        stream = shared.line(place, rows["stream"], _name("stream", label, say), colour, 3)
        traces.append(_under(label, stream).update(name=label, showlegend=True))
        if rows["total"].notna().any():
            total = shared.line(place, rows["total"], _name("total", label, say), colour, 1.8)
            total.line.dash, total.mode = "dot", "lines"
            traces.append(_under(label, total))
        branch = shared.line(place, rows["branch"], _name("branch", label, say), colour, 1)
        branch.mode, branch.marker.symbol, branch.marker.size = "markers", "circle-open", 7
        traces.append(_under(label, branch))
    layout = _layout(say("labs.forward.axis.norm"), say, dark)
    return go.Figure(traces, layout)


def _difference(trained: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """Logarithmic: rounding and the nonlinearity's work are seven decades apart."""
    traces = []
    for label, colour, rows in shared.networks(trained, dark):
        positive = rows[shared.numbers(rows["difference"]) > 0]
        traces.append(shared.line(positive["place"], positive["difference"], label, colour))
    layout = _layout(say("labs.forward.axis.difference"), say, dark)
    layout["yaxis"] |= shared.LOGARITHMIC
    return go.Figure(traces, layout)


def _growth(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """Trained bold; at initialisation thin with BN, dotted without."""
    traces = []
    for label, colour, rows in shared.networks(table, dark):
        for (state, batch_norm), part in rows.groupby(["state", "batch_norm"], sort=False):
            bn = "bn" if batch_norm else "no_bn"
            name = say(f"labs.forward.variant.{state}.{bn}", label=label)
            positive = part[shared.numbers(part["stream"]) > 0]
            trace = shared.line(positive["place"], positive["stream"], name, colour)
            trace.line.width = 3 if state == "trained" else 1.4
            trace.line.dash = "solid" if batch_norm else "dot"
            trace = _under(label, trace.update(mode="lines"))
            if state == "trained":
                trace.update(name=label, showlegend=True)
            traces.append(trace)
    layout = _layout(say("labs.forward.axis.norm_log"), say, dark)
    layout["yaxis"] |= shared.LOGARITHMIC
    return go.Figure(traces, layout)


def _under(label: str, trace: go.Scatter) -> go.Scatter:
    """One entry a network in the legend; the heading explains bold and dotted lines and rings."""
    return trace.update(legendgroup=label, showlegend=False)


def _name(what: str, label: str, say: Speaker) -> str:
    return say(f"labs.forward.norm.{what}", label=label)


def _layout(y_title: str, say: Speaker, dark: bool) -> dict[str, Any]:
    layout = shared.layout(dark, say("labs.forward.axis.place"), y_title)
    layout["xaxis"] |= {"tickformat": "d", "rangemode": "tozero"}
    layout["height"] = look.HEIGHT + _EXTRA
    return layout
