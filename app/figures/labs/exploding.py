"""Signals by layer in the deepest networks, their growth by depth, and how alike pictures get."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.figures import look
from app.figures.look import Canvas
from resnet_core.labs.exploding.verdicts import predicted

_FAMILY = {"plain": "plain", "residual": "resnet", "leaky": "preresnet", "dirac": "highway"}
_NO_BN = "_no_bn"
_MARGIN = {"r": 36}  # for the last tick's text
_ALIKE = ("plain", "plain_no_bn")


def draw(canvas: Canvas) -> dict[str, go.Figure]:
    """Return the figures signals, growth and alike; each once its table has rows."""
    figures = canvas.figures(signals=_signals, growth=_growth)
    return figures | canvas.figures("signals", alike=_alike)


def _signals(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """From the input on the left to the output, the deepest network of each kind so far."""
    traces = []
    for kind, rows in _deepest(table).groupby("kind", sort=False):
        traces.append(_line(str(kind), rows["place"], rows["signal"], canvas, rows["depth"].max()))
    return canvas.figure(
        traces,
        "place",
        "signal",
        yaxis=look.LOGARITHMIC,
        xaxis=_ends(canvas),
        margin={"r": 36},
        height=look.TALLER,
    )


def _growth(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Geometric means over seeds with their range, and the prediction for BN and ReLU."""
    traces: list[Any] = []
    for kind, rows in table.groupby("kind", sort=False):
        logs = rows.assign(ratio=np.log(np.maximum(look.numbers(rows["ratio"]), 1e-300)))
        spread = np.exp(logs.groupby("depth")["ratio"].agg(["mean", "min", "max"]))
        name, colour = canvas.text(f"kind.{kind}"), _colour(str(kind), canvas)
        band = look.range_band(spread.index, spread["min"], spread["max"], name, colour)
        traces += [band, _line(str(kind), spread.index, spread["mean"], canvas)]
    depths = sorted(table["depth"].unique())
    theory = [predicted(0.0) ** (int(depth) - 2) for depth in depths]
    name = canvas.text("predicted")
    traces.append(look.line(depths, theory, name, canvas.ink.quiet, 1.5, dash="dash"))
    return canvas.figure(traces, "depth", "ratio", yaxis=look.LOGARITHMIC, height=look.TALLER)


def _alike(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Cosine of two pictures' responses by layer, with BN and without."""
    traces = []
    chosen = table[table["kind"].isin(_ALIKE)]
    for kind, rows in _deepest(chosen).groupby("kind", sort=False):
        traces.append(_line(str(kind), rows["place"], rows["alike"], canvas, rows["depth"].max()))
    y = {"range": [-0.1, 1.03]}
    return canvas.figure(
        traces, "place", "alike", yaxis=y, xaxis=_ends(canvas), margin=_MARGIN, height=look.TALL
    )


def _deepest(table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the deepest network of each kind."""
    return table[table["depth"] == table.groupby("kind")["depth"].transform("max")]


def _line(kind: str, x: Any, y: Any, canvas: Canvas, depth: int | None = None) -> go.Scatter:
    name = canvas.text(f"kind.{kind}")
    name = f"{name} · {depth}" if depth else name
    dash = "dot" if kind.endswith(_NO_BN) else "solid"
    return look.line(x, y, name, _colour(kind, canvas), dash=dash).update(mode="lines")


def _colour(kind: str, canvas: Canvas) -> str:
    return canvas.colour(_FAMILY[kind.removesuffix(_NO_BN)])


def _ends(canvas: Canvas) -> dict[str, Any]:
    ends = [canvas.text("place.first"), canvas.text("place.last")]
    return {"tickvals": [0, 1], "ticktext": ends, "range": [-0.02, 1.02]}
