"""Error against alpha, on the trained network and after training, and the trainings' curves."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from app.figures import look
from app.figures.look import Canvas

_ALPHA = {"range": [-0.02, 1.02]}


def draw(canvas: Canvas) -> dict[str, go.Figure]:
    """Return the figures trained, ends and curves; each once its table has rows."""
    return canvas.figures(trained=_trained, ends=_ends, curves=_curves)


def _trained(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """BN with its running statistics, bold, and with remeasured ones, thin."""
    traces = []
    for statistics, width in (("anew", 1.5), ("kept", 3.0)):
        rows = table[table["statistics"] == statistics].sort_values("alpha")
        name, colour = canvas.text(f"statistics.{statistics}"), canvas.colour("resnet")
        trace = look.line(rows["alpha"], rows["error"], name, colour, width, " %")
        traces.append(trace.update(mode="lines+markers"))
    return canvas.figure(traces, "alpha", "train_error", xaxis=_ALPHA, yaxis=look.PERCENT)


def _ends(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Training error bold, test error thin."""
    rows, colour = table.sort_values("alpha"), canvas.colour("resnet")
    traces = []
    for part, width in (("test", 1.2), ("train", 3.0)):
        name = canvas.text(f"error.{part}")
        traces.append(look.line(rows["alpha"], rows[f"{part}_error"], name, colour, width, " %"))
    return canvas.figure(traces, "alpha", "error", xaxis=_ALPHA, yaxis=look.PERCENT)


def _curves(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    traces = []
    for alpha, rows in table.sort_values(["alpha", "iteration"]).groupby("alpha"):
        value = float(str(alpha))
        colour, name = canvas.shade("resnet", value), canvas.text("alpha", alpha=value)
        trace = look.line(rows["iteration"], rows["error"], name, colour, unit=" %")
        traces.append(trace.update(mode="lines"))
    return canvas.figure(traces, "updates", "running", yaxis=look.PERCENT, height=look.TALL)
