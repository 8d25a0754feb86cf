"""Error against alpha, on the trained network and after training, and the trainings' curves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures.labs import shared
from app.language.texts import Speaker
from resnet_core.labs.dial.question import Settings

_SHALLOW, _DEEP = 20, 110  # the lightness of alpha = 0 and of alpha = 1


def draw(
    tables: Mapping[str, pd.DataFrame], settings: Settings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The figures trained, ends and curves; each once its table has rows."""
    return shared.by_table(tables, say, dark, trained=_trained, ends=_ends, curves=_curves)


def _trained(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """BN with its running statistics, bold, and with remeasured ones, thin."""
    traces = []
    for statistics, width in (("anew", 1.5), ("kept", 3.0)):
        rows = table[table["statistics"] == statistics].sort_values("alpha")
        name = say(f"labs.dial.statistics.{statistics}")
        trace = shared.line(rows["alpha"], rows["error"], name, _resnet(dark), width, " %")
        traces.append(trace.update(mode="lines+markers"))
    layout = _by_alpha(say, dark)
    layout["yaxis"]["title"]["text"] = say("labs.dial.axis.train_error")
    return go.Figure(traces, layout)


def _ends(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """Training error bold, test error thin."""
    rows = table.sort_values("alpha")
    traces = [
        shared.line(rows["alpha"], rows[f"{what}_error"], name, _resnet(dark), width, " %")
        for what, width in (("test", 1.2), ("train", 3.0))
        for name in (say(f"labs.dial.error.{what}"),)
    ]
    return go.Figure(traces, _by_alpha(say, dark))


def _curves(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    traces = []
    for alpha, rows in table.sort_values(["alpha", "iteration"]).groupby("alpha"):
        place = float(str(alpha))
        depth = round(_SHALLOW * (_DEEP / _SHALLOW) ** place)
        colour = theme.colour("resnet", depth, dark)
        name = say("labs.dial.alpha", alpha=place)
        trace = shared.line(rows["iteration"], rows["error"], name, colour, unit=" %")
        traces.append(trace.update(mode="lines"))
    return shared.figure(
        traces, say, dark, "dial", "updates", "running", yaxis=shared.PERCENT, height=shared.TALL
    )


def _by_alpha(say: Speaker, dark: bool) -> dict[str, Any]:
    layout = shared.layout(dark, say("labs.dial.axis.alpha"), say("labs.dial.axis.error"))
    layout["xaxis"] |= {"range": [-0.02, 1.02]}
    layout["yaxis"] |= shared.PERCENT
    return layout


def _resnet(dark: bool) -> str:
    return theme.colour("resnet", shared.DEPTH, dark)
