"""The copies' error by depth, the trainings from each start, and how near one must begin."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures import look
from app.figures.labs import curves
from app.language.texts import Speaker
from resnet_core.labs.graft.question import Settings

_SHADES = (160, 80, 50, 33, 22)  # depths, for their lightness: the nearer the start, the darker


def draw(
    tables: Mapping[str, pd.DataFrame], settings: Settings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The figures copies, curves and ends; each once its table has rows."""
    drawers = {"copies": _copies, "curves": _curves, "ends": _ends}
    return {
        key: drawer(tables[key], say, dark)
        for key, drawer in drawers.items()
        if key in tables and len(tables[key])
    }


def _copies(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """Bars by depth, for the two ways in which BN works."""
    traces = []
    for place, mode in enumerate(("evaluation", "training")):
        rows = table[table["mode"] == mode].sort_values("depth")
        traces.append(
            go.Bar(
                x=[say("labs.graft.layers", depth=depth) for depth in rows["depth"]],
                y=look.rounded(curves.numbers(rows["error"])),
                name=say(f"labs.graft.mode.{mode}"),
                marker={"color": theme.colour("other", (80, 22)[place], dark)},
                customdata=rows[["changed", "images"]].to_numpy().tolist(),
                hovertemplate="%{y:.1f} %<br>"
                + say("labs.graft.changed", changed="%{customdata[0]}", images="%{customdata[1]}")
                + "<extra></extra>",
            )
        )
    layout = curves.layout(dark, say("labs.graft.axis.depth"), say("labs.graft.axis.error"))
    top = float(curves.numbers(table["error"]).max())
    layout["yaxis"] |= {"range": [0, max(10.0, top * 1.15)]}
    return go.Figure(traces, layout)


def _curves(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    traces = []
    for number, (start, rows) in enumerate(table.groupby("start", sort=False)):
        scratch = start == "scratch"
        traces.append(
            curves.line(
                rows["iteration"],
                rows["error"],
                _start(str(start), say),
                look.ink(dark).quiet if scratch else _shade(number, dark),
                unit=" %",
                mode="lines",
            )
        )
    layout = curves.layout(dark, say("labs.graft.axis.updates"), say("labs.graft.axis.running"))
    layout["yaxis"] |= {"range": [0, 100]}
    layout["height"] = look.HEIGHT + 40  # its legend has more lines
    return go.Figure(traces, layout)


def _ends(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """Error before and after, by noise; from scratch as a level."""
    near = table[table["start"] != "scratch"]
    noise = curves.numbers(near["noise"])
    before = say("labs.graft.before")
    traces = [
        curves.line(noise, near["before"], before, theme.colour("other", 22, dark), 1.5, " %"),
        curves.line(noise, near["after"], say("labs.graft.after"), _shade(0, dark), 3, " %"),
    ]
    layout = curves.layout(dark, say("labs.graft.axis.noise"), say("labs.graft.axis.error"))
    layout["yaxis"] |= {"range": [0, 100]}
    for _, row in table[table["start"] == "scratch"].iterrows():
        text = say("labs.graft.from_scratch", updates=int(row["updates"]))
        layout |= curves.level(float(row["after"]), text, dark)
    return go.Figure(traces, layout)


def _start(start: str, say: Speaker) -> str:
    if start == "scratch":
        return say("labs.graft.start.scratch")
    return say("labs.graft.start.noise", noise=float(start))


def _shade(number: int, dark: bool) -> str:
    return theme.colour("plain", _SHADES[min(number, len(_SHADES) - 1)], dark)
