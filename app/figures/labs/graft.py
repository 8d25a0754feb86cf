"""The copies' error by depth, the trainings from each start, and their errors before and after."""

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
    """A start's mean over the seeds that have come as far."""
    traces = []
    for place, (_, rows) in enumerate(table.groupby("start", sort=False)):
        first = rows.iloc[0]
        course = rows.assign(error=look.numbers(rows["error"])).groupby("iteration")["error"].mean()
        name, colour = _name(first, canvas), _colour(first, place, canvas)
        trace = look.line(course.index, course, name, colour, unit=" %")
        traces.append(trace.update(mode="lines"))
    return canvas.figure(traces, "updates", "running", yaxis=look.PERCENT, height=look.TALL)


def _ends(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Before as circles, after as points, a column a start and a mark a seed."""
    names = {str(row["start"]): _name(row, canvas) for _, row in table.iterrows()}
    places = {start: place for place, start in enumerate(names)}
    x = [places[str(start)] for start in table["start"]]
    colours = [
        _colour(row, place, canvas) for (_, row), place in zip(table.iterrows(), x, strict=True)
    ]
    traces = []
    for part, symbol in (("before", "circle-open"), ("after", "circle")):
        name = canvas.text(part)
        marker = {"size": 11, "symbol": symbol, "color": colours, "line": {"width": 2}}
        hover = f"<b>%{{text}}</b><br>%{{y:.1f}} % {name}"
        text = [names[str(start)] for start in table["start"]]
        traces.append(look.points(x, table[part], name, hover, marker, text=text))
    axis = {"tickvals": list(places.values()), "ticktext": list(names.values())}
    axis |= {"range": [-0.5, len(places) - 0.5], "automargin": True}
    return canvas.figure(traces, "start", "error", xaxis=axis, yaxis=look.PERCENT)


def _name(row: pd.Series, canvas: Canvas) -> str:
    start = str(row["start"])
    if start in {"scratch", "control"}:
        return canvas.text(f"start.{start}", family=row["family"])
    return canvas.text("start.noise", noise=float(start))


def _colour(row: pd.Series, place: int, canvas: Canvas) -> str:
    if row["start"] == "scratch":
        return canvas.ink.quiet
    if row["start"] == "control":
        return canvas.colour(row["family"])
    return canvas.colour("plain", _SHADES[min(place, len(_SHADES) - 1)])
