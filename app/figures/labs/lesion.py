"""The error after each lesion, a bar each, networks side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app.figures import look
from app.figures.labs import shared
from app.language.texts import Speaker
from resnet_core.labs.lesion.question import Settings


def draw(
    tables: Mapping[str, pd.DataFrame], settings: Settings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The figures chosen, removals and swaps; each once its table has rows."""
    return shared.by_table(tables, say, dark, chosen=_lesion, removals=_removals, swaps=_swaps)


def _lesion(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """Whole and lesioned, a group of bars a network."""
    traces = []
    for label, colour, rows in shared.networks(table, dark):
        row = rows.iloc[-1]
        names, heights = [say("labs.lesion.whole")], [row["whole"]]
        if row["blocks"]:
            names.append(say("labs.lesion.lesioned", blocks=row["blocks"]))
            heights.append(row["error"])
        traces.append(_bars(names, heights, label, colour))
    return go.Figure(traces, _layout(dark, say("labs.lesion.axis.lesion"), say))


def _removals(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """Blocks that change the size are hatched."""
    traces, levels = [], []
    for label, colour, rows in shared.networks(table, dark):
        shapes = ["/" if resizes else "" for resizes in rows["changes_size"]]
        bars = _bars(rows["block"], rows["error"], label, colour)
        # Overlaid: by itself a pattern would replace the bar's colour.
        stripes = {"fgcolor": look.ink(dark).paper, "fgopacity": 0.7, "size": 6}
        bars.marker.pattern = {"shape": shapes, "fillmode": "overlay", **stripes}
        traces.append(bars)
        levels.append(_whole(rows, colour))
    layout = _layout(dark, say("labs.lesion.axis.removed"), say)
    layout["shapes"] = levels
    return go.Figure(traces, layout)


def _swaps(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    traces, levels = [], []
    for label, colour, rows in shared.networks(table, dark):
        traces.append(_bars(rows["blocks"], rows["error"], label, colour))
        levels.append(_whole(rows, colour))
    layout = _layout(dark, say("labs.lesion.axis.swapped"), say)
    layout["shapes"] = levels
    return go.Figure(traces, layout)


def _bars(names: Any, heights: Any, label: str, colour: str) -> go.Bar:
    return go.Bar(
        x=[name.replace("layer", "") for name in names],
        y=look.rounded(shared.numbers(heights)),
        name=label,
        marker={"color": colour},
        hovertemplate=f"<b>{label}</b> · %{{x}}<br>%{{y:.1f}} %<extra></extra>",
    )


def _whole(rows: pd.DataFrame, colour: str) -> dict[str, Any]:
    """A dotted line at the error of the whole network; dashes are the paper's."""
    height = float(rows["whole"].iloc[0])
    line = {"color": colour, "width": 1.5, "dash": "dot"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": height, "y1": height} | {
        "line": line
    }


def _layout(dark: bool, x_title: str, say: Speaker) -> dict[str, Any]:
    layout = shared.layout(dark, x_title, say("labs.lesion.axis.error"))
    layout["yaxis"] |= shared.PERCENT
    layout["xaxis"] |= {"type": "category"}
    layout["barmode"], layout["bargap"] = "group", 0.25
    return layout
