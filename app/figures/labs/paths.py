"""The number of paths of each length, the gradient of one, and that of all together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.figures import look
from app.figures.labs import shared
from app.language.texts import Speaker
from resnet_core.labs.paths.question import Settings


def draw(
    tables: Mapping[str, pd.DataFrame], settings: Settings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The figures carried, gradient and paths, once there are rows."""
    table = tables.get("lengths")
    if table is None or not len(table):
        return {}
    return {
        "carried": _carried(table, say, dark),
        "gradient": _gradient(table, say, dark),
        "paths": _paths(table, say, dark),
    }


def _carried(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """Share of each length in the gradient of all lengths measured so far."""
    traces = []
    for label, colour, rows in shared.networks(table, dark):
        carried = shared.numbers(rows["carried"])
        total = carried.sum() or 1.0
        traces.append(
            shared.line(
                rows["length"], 100 * carried / total, label, colour, 3, " %", fill="tozeroy"
            )
        )
    return go.Figure(traces, _layout(table, say("labs.paths.axis.carried"), say, dark))


def _gradient(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """The gradient of a path, with a standard error; none where every path was measured."""
    traces = []
    for label, colour, rows in shared.networks(table, dark):
        mean, error = shared.numbers(rows["gradient"]), shared.numbers(rows["uncertainty"])
        low = np.where(mean - error > 0, mean - error, mean / 10)  # the axis is logarithmic
        traces.append(shared.band(rows["length"], low, mean + error, label, colour))
        traces.append(shared.line(rows["length"], mean, label, colour))
    layout = _layout(table, say("labs.paths.axis.gradient"), say, dark)
    layout["yaxis"] |= shared.LOGARITHMIC
    return go.Figure(traces, layout)


def _paths(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """Networks of as many blocks have as many paths: one curve a number of blocks."""
    traces = []
    for blocks, rows in table.groupby("blocks", sort=False):
        once = rows.drop_duplicates("length")
        name = say("labs.paths.blocks", blocks=blocks)
        traces.append(shared.line(once["length"], once["paths"], name, look.ink(dark).quiet, 2))
    layout = _layout(table, say("labs.paths.axis.paths"), say, dark)
    layout["yaxis"] |= shared.LOGARITHMIC
    layout["showlegend"] = True
    return go.Figure(traces, layout)


def _layout(table: pd.DataFrame, y_title: str, say: Speaker, dark: bool) -> dict[str, Any]:
    layout = shared.layout(dark, say("labs.paths.axis.length"), y_title)
    # The whole range from the start, so that nothing jumps while lengths come in.
    layout["xaxis"] |= {"range": [-0.3, float(table["blocks"].max()) + 0.3], "tickformat": "d"}
    return layout
