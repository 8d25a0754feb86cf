"""The gradient at every block: its gain, its parts by way, and the direction of F."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.figures import look
from app.figures.labs import shared
from app.language.texts import Speaker
from resnet_core.labs.backward.question import Settings


def draw(
    tables: Mapping[str, pd.DataFrame], settings: Settings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The figures gains, gradient, cosine and descent, once there are rows."""
    table = tables.get("additions")
    if table is None or not len(table):
        return {}
    table = table.sort_values("place", kind="stable")  # measured from the last block on
    drawers = {"gains": _gains, "gradient": _gradient, "cosine": _cosine, "descent": _descent}
    return {key: drawer(table, say, dark) for key, drawer in drawers.items()}


def _gains(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """||dL/dx|| over ||dL/dy|| bold; the shortcut's part dotted, the branch's as rings."""
    traces = []
    for label, colour, rows in shared.networks(table, dark):
        place = rows["place"]
        traces.append(shared.line(place, rows["gain"], label, colour, 3))
        if not rows["shortcut_gain"].notna().any():
            continue  # a plain network's branch is all there is
        name = say("labs.backward.part.shortcut", label=label)
        shortcut = shared.line(place, rows["shortcut_gain"], name, colour, 1.8)
        shortcut.line.dash, shortcut.mode = "dot", "lines"
        name = say("labs.backward.part.branch", label=label)
        branch = shared.line(place, rows["branch_gain"], name, colour, 1)
        branch.mode, branch.marker.symbol, branch.marker.size = "markers", "circle-open", 7
        # One entry a network in the legend; the heading explains dotted lines and rings.
        traces += [part.update(legendgroup=label, showlegend=False) for part in (shortcut, branch)]
    layout = _layout(table, say("labs.backward.axis.gain"), say, dark)
    layout |= shared.level(1.0, say("labs.backward.one"), dark)
    return go.Figure(traces, layout)


def _gradient(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """||dL/dx|| over that behind the last block, so that networks of any loss compare."""
    traces = []
    for label, colour, rows in shared.networks(table, dark):
        last = shared.numbers(rows["behind"])[-1]
        before = shared.numbers(rows["before"])
        relative = before / last if last else np.full(len(before), np.nan)
        traces.append(shared.line(rows["place"], relative, label, colour))
    layout = _layout(table, say("labs.backward.axis.gradient"), say, dark)
    layout["yaxis"] |= shared.LOGARITHMIC
    return go.Figure(traces, layout)


def _cosine(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    traces = [
        shared.line(rows["place"], rows["cosine"], label, colour)
        for label, colour, rows in shared.networks(table, dark)
        if rows["cosine"].notna().any()
    ]
    return go.Figure(traces, _signed(table, say("labs.backward.axis.cosine"), say, dark))


def _descent(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """The descent along F, with a standard error over the images."""
    traces = []
    for label, colour, rows in shared.networks(table, dark):
        rows = rows[rows["descent"].notna()]
        if not len(rows):
            continue
        mean, error = shared.numbers(rows["descent"]), shared.numbers(rows["descent_error"])
        traces.append(shared.band(rows["place"], mean - error, mean + error, label, colour))
        traces.append(shared.line(rows["place"], mean, label, colour))
    return go.Figure(traces, _signed(table, say("labs.backward.axis.descent"), say, dark))


def _layout(table: pd.DataFrame, y_title: str, say: Speaker, dark: bool) -> dict[str, Any]:
    layout = shared.layout(dark, say("labs.backward.axis.place"), y_title)
    layout["xaxis"] |= {"range": [0.7, float(table["place"].max()) + 0.3], "tickformat": "d"}
    return layout


def _signed(table: pd.DataFrame, y_title: str, say: Speaker, dark: bool) -> dict[str, Any]:
    """An axis through 0, with a line there."""
    layout = _layout(table, y_title, say, dark)
    layout["yaxis"] |= {"zeroline": True, "zerolinecolor": look.ink(dark).quiet}
    return layout
