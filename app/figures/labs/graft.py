"""The copies' error by depth, the trainings from each start, and their final errors by noise."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from app.figures import look
from app.figures.look import Canvas

_SHADES = (160, 80, 50, 33, 22)  # depths, for their lightness: the nearer the start, the darker


def draw(canvas: Canvas) -> dict[str, go.Figure]:
    """Return the figures copies, curves and ends; each once its table has rows."""
    return canvas.figures(copies=_copies, curves=_curves, ends=_ends)


def _copies(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Bars by depth, for the two ways in which BN works."""
    traces = []
    changed = canvas.text("changed", changed="%{customdata[0]}", images="%{customdata[1]}")
    for mode, shade in (("evaluation", 80), ("training", 22)):
        rows = table[table["mode"] == mode].sort_values("depth")
        names = [canvas.text("layers", depth=depth) for depth in rows["depth"]]
        name, colour = canvas.text(f"mode.{mode}"), canvas.colour("other", shade)
        bars = look.bars(names, rows["error"], name, colour)
        bars.customdata = rows[["changed", "images"]].to_numpy().tolist()
        bars.hovertemplate = f"%{{y:.1f}} %<br>{changed}<extra></extra>"
        traces.append(bars)
    top = float(look.numbers(table["error"]).max())
    return canvas.figure(traces, "depth", "error", yaxis={"range": [0, max(10.0, top * 1.15)]})


def _curves(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    traces = []
    for number, (start, rows) in enumerate(table.groupby("start", sort=False)):
        if start == "scratch":
            name, colour = canvas.text("start.scratch"), canvas.ink.quiet
        else:
            name = canvas.text("start.noise", noise=float(str(start)))
            colour = canvas.colour("plain", _SHADES[min(number, len(_SHADES) - 1)])
        trace = look.line(rows["iteration"], rows["error"], name, colour, unit=" %")
        traces.append(trace.update(mode="lines"))
    return canvas.figure(traces, "updates", "running", yaxis=look.PERCENT, height=look.TALL)


def _ends(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Error before and after, by noise; from scratch as a level."""
    near = table[table["start"] != "scratch"]
    before, after = canvas.colour("other", 22), canvas.colour("plain", _SHADES[0])
    traces = [
        look.line(near["noise"], near["before"], canvas.text("before"), before, 1.5, " %"),
        look.line(near["noise"], near["after"], canvas.text("after"), after, 3, " %"),
    ]
    level = {}
    for _, row in table[table["start"] == "scratch"].iterrows():
        text = canvas.text("from_scratch", updates=int(row["updates"]))
        level = canvas.level(float(row["after"]), text)
    return canvas.figure(traces, "noise", "error", yaxis=look.PERCENT, **level)
