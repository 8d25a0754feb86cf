"""The error after each lesion, a bar each, networks side by side."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app.figures import look
from app.figures.look import Canvas


def draw(canvas: Canvas) -> dict[str, go.Figure]:
    """Return the figures chosen, removals and swaps; each once its table has rows."""
    return canvas.figures(chosen=_lesion, removals=_removals, swaps=_swaps)


def _lesion(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Whole and lesioned, a group of bars a network."""
    traces = []
    for label, colour, rows in canvas.networks(table):
        row = rows.iloc[-1]
        names, heights = [canvas.text("whole")], [row["whole"]]
        if row["blocks"]:
            names.append(canvas.text("lesioned", blocks=row["blocks"]))
            heights.append(row["error"])
        traces.append(_bars(names, heights, label, colour))
    return _figure(traces, "lesion", canvas)


def _removals(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """A bar a block; those that change the size are hatched."""
    traces, levels = [], []
    # Overlaid: by itself a pattern would replace the bar's colour.
    stripes = {"fgcolor": canvas.ink.paper, "fgopacity": 0.7, "size": 6, "fillmode": "overlay"}
    for label, colour, rows in canvas.networks(table):
        shapes = ["/" if resizes else "" for resizes in rows["changes_size"]]
        bars = _bars(rows["block"], rows["error"], label, colour)
        traces.append(bars.update(marker_pattern={"shape": shapes, **stripes}))
        levels.append(_whole(rows, colour))
    return _figure(traces, "removed", canvas, shapes=levels)


def _swaps(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    networks = list(canvas.networks(table))
    traces = [_bars(rows["blocks"], rows["error"], label, hue) for label, hue, rows in networks]
    levels = [_whole(rows, colour) for _, colour, rows in networks]
    return _figure(traces, "swapped", canvas, shapes=levels)


def _bars(names: Any, heights: Any, label: str, colour: str) -> go.Bar:
    return look.bars([name.replace("layer", "") for name in names], heights, label, colour)


def _whole(rows: pd.DataFrame, colour: str) -> dict[str, Any]:
    """A dotted line at the error of the whole network; dashes are the paper's."""
    return look.level_line(float(rows["whole"].iloc[0]), colour, 1.5, "dot")


def _figure(traces: list[go.Bar], x: str, canvas: Canvas, **more: Any) -> go.Figure:
    axes = {"xaxis": {"type": "category"}, "yaxis": look.PERCENT}
    return canvas.figure(traces, x, "error", **axes, **look.GROUPED, **more)
