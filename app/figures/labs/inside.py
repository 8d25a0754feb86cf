"""Scores against the mask: a group of bars a method, a bar a network, chance as a dashed line."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from app.figures import look
from app.figures.labs import curves
from app.figures.labs.networks import networks
from app.language.texts import Speaker


def bars(
    table: pd.DataFrame, column: str, chance: float, say: Speaker, dark: bool, error: str = ""
) -> go.Figure:
    """Percent by method.

    Args:
        chance: what a map without any sense would score.
        error: the column of the standard errors, if there is one.
    """
    traces = []
    for label, colour, rows in networks(table, dark):
        bar = go.Bar(
            x=[say(f"attribution.short.{method}") for method in rows["method"]],
            y=look.rounded(curves.numbers(rows[column])),
            name=label,
            marker={"color": colour},
            hovertemplate=f"<b>{label}</b> · %{{x}}<br>%{{y:.1f}} %<extra></extra>",
        )
        if error:
            bar.error_y = {
                "array": look.rounded(curves.numbers(rows[error])),
                "color": look.ink(dark).quiet,
                "thickness": 1.2,
            }
        traces.append(bar)
    methods = [say(f"attribution.short.{method}") for method in table["method"].unique()]
    traces.append(_chance(methods, chance, say, dark))
    layout = curves.layout(dark, "", say(f"attribution.axis.{column}"))
    layout["yaxis"] |= {"range": [0, 100]}
    layout["xaxis"] |= {"type": "category", "tickangle": -25}
    layout["barmode"], layout["bargap"] = "group", 0.25
    layout["margin"] |= {"b": 70}
    layout["legend"] |= {"y": 1.14}
    return go.Figure(traces, layout)


def _chance(methods: list[str], chance: float, say: Speaker, dark: bool) -> go.Scatter:
    """What a map without any sense would score, right across."""
    return go.Scatter(
        x=methods,
        y=[round(chance, 2)] * len(methods),
        mode="lines" if len(methods) > 1 else "markers",
        name=say("attribution.axis.chance", area=chance),
        line={"color": look.ink(dark).quiet, "width": 1.5, "dash": "dash"},
        hoverinfo="skip",
    )
