"""The share of x that each shortcut lets through, by block and during training."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures.labs import shared
from app.language.texts import Speaker
from resnet_core.labs.gates.question import Settings

_LIVE = "live"
_HUE = ("highway", 20, 110)  # lightness for the block's place, as elsewhere for depth


def draw(
    tables: Mapping[str, pd.DataFrame], settings: Settings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The figures training and blocks, once there are rows."""
    table = tables.get("gates")
    if table is None or not len(table):
        return {}
    live = table[table["run"] == _LIVE]
    figures = {"training": _training(live, settings, say, dark)} if len(live) else {}
    return {**figures, "blocks": _blocks(table, say, dark)}


def _training(live: pd.DataFrame, settings: Settings, say: Speaker, dark: bool) -> go.Figure:
    """A curve a block: the deeper, the stronger the colour."""
    traces = []
    last = int(live["place"].max())
    for place, rows in live.groupby("place"):
        name = str(rows["block"].iloc[0]).replace("layer", "")
        colour = _colour(int(place), last, dark)
        percent = 100 * shared.numbers(rows["carry"])
        trace = shared.line(rows["iteration"], percent, name, colour, 2, " %")
        traces.append(trace.update(mode="lines" if len(rows) > 2 else "lines+markers"))
    layout = _layout(say("labs.gates.axis.iterations"), say, dark)
    layout["xaxis"] |= {"range": [0, settings.iterations]}
    layout["height"] = shared.TALL
    return go.Figure(traces, layout)


def _blocks(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """Trained networks thin, the one in training bold, as it began dotted."""
    traces = []
    for label, colour, rows in shared.networks(table, dark):
        first, last = (rows[rows["iteration"] == at] for at in _ends(rows))
        live = str(rows["run"].iloc[0]) == _LIVE
        name = say("labs.gates.live") if live else label
        if live:
            began = say("labs.gates.began")
            start = shared.line(first["place"], _percent(first), began, colour, 1.5, " %")
            start.line.dash, start.mode = "dot", "lines"
            traces.append(start)
        else:
            low, high = (100 * (1 - shared.numbers(last[key])) for key in ("high", "low"))
            traces.append(shared.band(last["place"], low, high, name, colour))
        end = shared.line(last["place"], _percent(last), name, colour, 3 if live else 1.6, " %")
        traces.append(end.update(mode="lines+markers"))
    layout = _layout(say("labs.gates.axis.block"), say, dark)
    layout["xaxis"] |= {"range": [0.7, float(table["place"].max()) + 0.3], "tickformat": "d"}
    return go.Figure(traces, layout)


def _ends(rows: pd.DataFrame) -> tuple[int, int]:
    return int(rows["iteration"].min()), int(rows["iteration"].max())


def _percent(rows: pd.DataFrame) -> np.ndarray:
    return 100 * shared.numbers(rows["carry"])


def _layout(x_title: str, say: Speaker, dark: bool) -> dict[str, Any]:
    """From 0, where a shortcut is closed, to 100 %, where the identity always is."""
    layout = shared.layout(dark, x_title, say("labs.gates.axis.carry"))
    layout["yaxis"] |= {"range": [0, 108]}
    identity = theme.colour("resnet", shared.DEPTH, dark)
    return layout | shared.level(100, say("labs.gates.identity"), dark, colour=identity)


def _colour(place: int, last: int, dark: bool) -> str:
    family, shallow, deep = _HUE
    share = (place - 1) / max(1, last - 1)
    return theme.colour(family, round(shallow * (deep / shallow) ** share), dark)
