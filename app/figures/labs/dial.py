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
    """Means over seeds, training error bold with its range, test error thin."""
    colour, traces = canvas.colour("resnet"), []
    for part, width in (("test", 1.2), ("train", 3.0)):
        name, column = canvas.text(f"error.{part}"), f"{part}_error"
        values = table.assign(error=look.numbers(table[column])).groupby("alpha")["error"]
        mean = values.mean()
        if part == "train":
            traces.append(look.range_band(mean.index, values.min(), values.max(), name, colour))
        traces.append(look.line(mean.index, mean, name, colour, width, " %"))
    return canvas.figure(traces, "alpha", "error", xaxis=_ALPHA, yaxis=look.PERCENT)


def _curves(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Means over the seeds that have come as far."""
    traces = []
    for alpha, rows in table.groupby("alpha"):
        value = float(str(alpha))
        colour, name = canvas.shade("resnet", value), canvas.text("alpha", alpha=value)
        course = rows.assign(error=look.numbers(rows["error"])).groupby("iteration")["error"].mean()
        trace = look.line(course.index, course, name, colour, unit=" %")
        traces.append(trace.update(mode="lines"))
    return canvas.figure(traces, "updates", "running", yaxis=look.PERCENT, height=look.TALL)
