"""The figures of the attribution tools: scores against masks, rank correlations, sizes."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from app.figures import look
from app.figures.look import Canvas

# Methods differ in dash and marker; dashes alone are the paper's.
_DASHES = ("solid", "dot", "dashdot", "longdashdot")
_MARKERS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star")
_PARTS = {"shortcut": "dot", "branch": "dashdot", "total": "solid"}
_WIDE: dict[str, Any] = {"meta": {"wide": True}, "legend": look.ABOVE}


def attribution(canvas: Canvas) -> dict[str, go.Figure]:
    """Return the figure inside, where there is a mask; of the networks as they are now."""
    return canvas.figures("maps", inside=_shares) if _has_mask(canvas) else {}


def masks(canvas: Canvas) -> dict[str, go.Figure]:
    """Return the figures inside and pointing, with standard errors over the images."""
    return canvas.figures("scores", inside=_inside, pointing=_pointing)


def randomised(canvas: Canvas) -> dict[str, go.Figure]:
    """Return the figure correlations: a curve a network and method."""
    return canvas.figures(correlations=_correlations)


def activations(canvas: Canvas) -> dict[str, go.Figure]:
    """Return the figure sizes: standard deviations over all channels and pixels of this picture."""
    return canvas.figures("additions", sizes=_sizes)


def _has_mask(canvas: Canvas) -> bool:
    table = canvas.table("maps")
    return table is not None and bool(table["inside"].notna().any())


def _shares(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    rows = table[table["inside"].notna()]
    latest = rows[rows["iteration"] == rows.groupby("run")["iteration"].transform("max")]
    shares = latest.assign(inside=100 * latest["inside"].astype(float))
    return _bars(shares, "inside", 100 * float(rows["area"].iloc[0]), canvas)


def _inside(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    return _bars(table, "inside", float(table["area"].iloc[0]), canvas, "inside_error")


def _pointing(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    return _bars(table, "pointing", float(table["area"].iloc[0]), canvas, "pointing_error")


def _bars(
    table: pd.DataFrame, column: str, chance: float, canvas: Canvas, error: str = ""
) -> go.Figure:
    """Percent by method.

    Args:
        chance: the score of a random map, a line right across.
        error: the column of the standard errors, if there is one.
    """
    traces: list[Any] = []
    for label, colour, rows in canvas.networks(table):
        names = [canvas.text(f"short.{method}") for method in rows["method"]]
        bars = look.bars(names, rows[column], label, colour)
        if error:
            errors = look.rounded(look.numbers(rows[error]))
            bars.error_y = {"array": errors, "color": canvas.ink.quiet, "thickness": 1.2}
        traces.append(bars)
    methods = [canvas.text(f"short.{method}") for method in table["method"].unique()]
    level = go.Scatter(
        x=methods,
        y=[round(chance, 2)] * len(methods),
        mode="lines" if len(methods) > 1 else "markers",
        name=canvas.text("axis.chance", area=chance),
        line={"color": canvas.ink.quiet, "width": 1.5, "dash": "dash"},
        hoverinfo="skip",
    )
    return canvas.figure(
        [*traces, level],
        "",
        column,
        xaxis={"type": "category", "tickangle": -25},
        yaxis=look.PERCENT,
        margin={"b": 70},
        legend={"y": 1.14},
        **look.GROUPED,
    )


def _correlations(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    traces: list[go.Scatter] = []
    steps: dict[int, str] = {}
    for label, colour, rows in canvas.networks(table):
        for method, part in rows.groupby("method", sort=False):
            place = canvas.settings.methods.index(method)
            dash, marker = _DASHES[place % len(_DASHES)], {"symbol": _MARKERS[place]}
            name = f"{label} · {canvas.text(f'short.{method}')}"
            step, values = part["step"], part["correlation"]
            trace = look.line(step, values, name, colour, dash=dash, marker=marker)
            trace.text = [layer or canvas.text("whole") for layer in part["layer"]]
            trace.hovertemplate = f"<b>{name}</b><br>%{{text}}: %{{y:.2f}}<extra></extra>"
            traces.append(trace)
            steps |= dict(zip(step, trace.text, strict=True))
    x = look.axis(canvas.dark, canvas.text("axis.forgotten"))
    x["title"]["standoff"] = 4
    x |= {"tickvals": list(steps), "ticktext": list(steps.values()), "tickangle": -40}
    y: dict[str, Any] = {"range": [-0.35, 1.05], "rangemode": "normal"}
    y |= {"zeroline": True, "zerolinecolor": canvas.ink.grid}
    bottom = {"b": 120}
    return canvas.figure(traces, "", "ranks", xaxis=x, yaxis=y, margin=bottom, height=460, **_WIDE)


def _sizes(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    traces = []
    for label, colour, rows in canvas.networks(table):
        for part, dash in _PARTS.items():
            sizes = rows[rows["part"] == part]
            if not len(sizes):
                continue  # a plain block adds nothing up
            name = f"{label} · {canvas.text(f'part.{part}')}"
            trace = look.line(sizes["block"], sizes["std"], name, colour, dash=dash)
            traces.append(trace.update(x=list(sizes["block"])))
    x = {"type": "category", "tickangle": -40}
    return canvas.figure(traces, "block", "std", xaxis=x, margin={"b": 90}, height=400, **_WIDE)
