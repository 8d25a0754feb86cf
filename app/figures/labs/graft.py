"""The copies' error by depth, the trainings from each start, and their final errors by noise."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures import look
from app.figures.labs import shared
from app.language.texts import Speaker
from resnet_core.labs.graft.question import Settings

_SHADES = (160, 80, 50, 33, 22)  # depths, for their lightness: the nearer the start, the darker


def draw(
    tables: Mapping[str, pd.DataFrame], settings: Settings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The figures copies, curves and ends; each once its table has rows."""
    return shared.by_table(tables, say, dark, copies=_copies, curves=_curves, ends=_ends)


def _copies(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """Bars by depth, for the two ways in which BN works."""
    traces = []
    for place, mode in enumerate(("evaluation", "training")):
        rows = table[table["mode"] == mode].sort_values("depth")
        traces.append(
            go.Bar(
                x=[say("labs.graft.layers", depth=depth) for depth in rows["depth"]],
                y=look.rounded(shared.numbers(rows["error"])),
                name=say(f"labs.graft.mode.{mode}"),
                marker={"color": theme.colour("other", (80, 22)[place], dark)},
                customdata=rows[["changed", "images"]].to_numpy().tolist(),
                hovertemplate="%{y:.1f} %<br>"
                + say("labs.graft.changed", changed="%{customdata[0]}", images="%{customdata[1]}")
                + "<extra></extra>",
            )
        )
    layout = shared.layout(dark, say("labs.graft.axis.depth"), say("labs.graft.axis.error"))
    top = float(shared.numbers(table["error"]).max())
    layout["yaxis"] |= {"range": [0, max(10.0, top * 1.15)]}
    return go.Figure(traces, layout)


def _curves(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    traces = []
    for number, (start, rows) in enumerate(table.groupby("start", sort=False)):
        scratch = start == "scratch"
        traces.append(
            shared.line(
                rows["iteration"],
                rows["error"],
                _start(str(start), say),
                look.ink(dark).quiet if scratch else _shade(number, dark),
                unit=" %",
                mode="lines",
            )
        )
    return shared.figure(
        traces, say, dark, "graft", "updates", "running", yaxis=shared.PERCENT, height=shared.TALL
    )


def _ends(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """Error before and after, by noise; from scratch as a level."""
    near = table[table["start"] != "scratch"]
    noise = shared.numbers(near["noise"])
    before = say("labs.graft.before")
    traces = [
        shared.line(noise, near["before"], before, theme.colour("other", 22, dark), 1.5, " %"),
        shared.line(noise, near["after"], say("labs.graft.after"), _shade(0, dark), 3, " %"),
    ]
    layout = shared.layout(dark, say("labs.graft.axis.noise"), say("labs.graft.axis.error"))
    layout["yaxis"] |= shared.PERCENT
    for _, row in table[table["start"] == "scratch"].iterrows():
        text = say("labs.graft.from_scratch", updates=int(row["updates"]))
        layout |= shared.level(float(row["after"]), text, dark)
    return go.Figure(traces, layout)


def _start(start: str, say: Speaker) -> str:
    if start == "scratch":
        return say("labs.graft.start.scratch")
    return say("labs.graft.start.noise", noise=float(start))


def _shade(number: int, dark: bool) -> str:
    return theme.colour("plain", _SHADES[min(number, len(_SHADES) - 1)], dark)
