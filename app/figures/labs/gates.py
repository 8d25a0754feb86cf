"""The share of x that each shortcut lets through, by block and during training."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app.figures import look
from app.figures.look import Canvas
from app.figures.series import Floats

_LIVE = "live"


def draw(canvas: Canvas) -> dict[str, go.Figure]:
    """Return the figures training and blocks, once there are rows."""
    table = canvas.table("gates")
    if table is None:
        return {}
    live = table[table["run"] == _LIVE]
    figures = {"training": _training(live, canvas)} if len(live) else {}
    return {**figures, "blocks": _blocks(table, canvas)}


def _training(live: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """A curve a block: the deeper, the stronger the colour."""
    traces = []
    last = int(live["place"].max())
    for place, rows in live.groupby("place"):
        name = str(rows["block"].iloc[0]).replace("layer", "")
        colour = canvas.shade("highway", (int(str(place)) - 1) / max(1, last - 1))
        trace = look.line(rows["iteration"], _percent(rows), name, colour, 2, " %")
        traces.append(trace.update(mode="lines" if len(rows) > 2 else "lines+markers"))
    x = {"range": [0, canvas.settings.iterations]}
    return _figure(traces, "iterations", canvas, xaxis=x, height=look.TALL)


def _blocks(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Trained networks thin, the one in training bold, as it began dotted."""
    traces = []
    for label, colour, rows in canvas.networks(table):
        iterations = rows["iteration"]
        first, last = (rows[iterations == at] for at in (iterations.min(), iterations.max()))
        live = str(rows["run"].iloc[0]) == _LIVE
        name = canvas.text("live") if live else label
        if live:
            place, begun = first["place"], canvas.text("began")
            start = look.line(place, _percent(first), begun, colour, 1.5, " %", dash="dot")
            traces.append(start.update(mode="lines"))
        else:
            low, high = (100 * (1 - look.numbers(last[key])) for key in ("high", "low"))
            traces.append(look.range_band(last["place"], low, high, name, colour))
        end = look.line(last["place"], _percent(last), name, colour, 3 if live else 1.6, " %")
        traces.append(end.update(mode="lines+markers"))
    x = {"range": [0.7, float(table["place"].max()) + 0.3], "tickformat": "d"}
    return _figure(traces, "block", canvas, xaxis=x)


def _percent(rows: pd.DataFrame) -> Floats:
    return 100 * look.numbers(rows["carry"])


def _figure(traces: list[go.Scatter], x: str, canvas: Canvas, **more: Any) -> go.Figure:
    """Return a figure from 0, where a shortcut is closed, to 100 %, where the identity is."""
    identity = canvas.level(100, canvas.text("identity"), colour=canvas.colour("resnet"))
    return canvas.figure(traces, x, "carry", yaxis={"range": [0, 108]}, **identity, **more)
