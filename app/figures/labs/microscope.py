"""The race of the two forms, their final loss by depth, and the norms of F and H."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.figures import look
from app.figures.look import Canvas
from app.figures.series import Floats

_FAMILY = {"plain": "plain", "residual": "resnet", "shifted": "other"}
_LEAST = 1e-12  # a loss of 0 has no place on a logarithmic axis


def draw(canvas: Canvas) -> dict[str, go.Figure]:
    """Return the figures race, depths and norms; each once its table has rows."""
    return canvas.figures(race=_race, depths=_depths, norms=_norms)


def _race(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Every recipe thin; the one with the lowest loss so far bold, with its range over seeds."""
    thin: list[go.Scatter] = []
    bold: list[go.Scatter] = []
    for form, rows in table.groupby("form", sort=False):
        colour, name = canvas.colour(_FAMILY[str(form)]), canvas.text(f"form.{form}")
        latest = rows[rows["step"] == rows["step"].max()]
        losses = look.numbers(latest["loss"])
        best = latest.iloc[int(np.nanargmin(losses))] if not np.isnan(losses).all() else None
        for (gain, rate), recipe in rows.groupby(["gain", "rate"], sort=False):
            is_best = best is not None and (gain, rate) == (best["gain"], best["rate"])
            label = canvas.text("recipe", form=name, gain=gain, rate=rate)
            if is_best:
                bold.append(_band(recipe, "step", name, colour))
            width, dash = 3 if is_best else 1, "dot" if form == "shifted" else "solid"
            losses = _losses(recipe["loss"])
            trace = look.line(recipe["step"], losses, label, colour, width, dash=dash, mode="lines")
            trace.update(legendgroup=name, name=name, showlegend=is_best)
            (bold if is_best else thin).append(trace.update(opacity=1 if is_best else 0.25))
    return canvas.figure(thin + bold, "step", "loss", yaxis=look.LOGARITHMIC)


def _depths(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    traces = []
    for form, rows in table.sort_values("depth").groupby("form"):
        colour, name = canvas.colour(_FAMILY[str(form)]), canvas.text(f"form.{form}")
        traces.append(_band(rows, "depth", name, colour))
        traces.append(look.line(rows["depth"], _losses(rows["loss"]), name, colour))
    return canvas.figure(traces, "depth", "loss", yaxis=look.LOGARITHMIC)


def _norms(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """F filled, H open; as they began thin, as they ended bold."""
    traces = []
    for (form, moment), rows in table.groupby(["form", "moment"], sort=False):
        colour, end = canvas.colour(_FAMILY[form]), moment == "end"
        parts = {"form": canvas.text(f"form.{form}"), "moment": canvas.text(f"moment.{moment}")}
        for quantity, symbol in (("branch", "circle"), ("mapping", "square-open")):
            if form == "plain" and quantity == "branch":
                continue  # it is H itself
            name = canvas.text(f"norm.{quantity}", **parts)
            marker = {"symbol": symbol, "size": 8 if end else 5}
            opacity, width = (1, 2.5) if end else (0.45, 1)
            trace = look.line(
                rows["block"], rows[quantity], name, colour, width, marker=marker, opacity=opacity
            )
            traces.append(trace.update(mode="lines+markers"))
    steps = {"dtick": 1 if table["block"].max() <= 10 else 2}
    return canvas.figure(traces, "block", "norm", xaxis=steps, height=look.TALL)


def _band(rows: pd.DataFrame, x: str, name: str, colour: str) -> go.Scatter:
    return look.range_band(rows[x], _losses(rows["low"]), _losses(rows["high"]), name, colour)


def _losses(values: pd.Series) -> Floats:
    return np.maximum(look.numbers(values), _LEAST)
