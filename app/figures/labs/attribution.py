"""The figures of the attribution tools: scores against masks, rank correlations, sizes."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from app.figures import look
from app.figures.labs import shared
from app.language.texts import Speaker
from resnet_core.labs.catalog import LabSettings
from resnet_core.labs.randomised.question import Settings


def _bars(
    table: pd.DataFrame, column: str, chance: float, say: Speaker, dark: bool, error: str = ""
) -> go.Figure:
    """Percent by method.

    Args:
        chance: the score of a random map.
        error: the column of the standard errors, if there is one.
    """
    traces = []
    for label, colour, rows in shared.networks(table, dark):
        bar = go.Bar(
            x=[say(f"attribution.short.{method}") for method in rows["method"]],
            y=look.rounded(shared.numbers(rows[column])),
            name=label,
            marker={"color": colour},
            hovertemplate=f"<b>{label}</b> · %{{x}}<br>%{{y:.1f}} %<extra></extra>",
        )
        if error:
            bar.error_y = {
                "array": look.rounded(shared.numbers(rows[error])),
                "color": look.ink(dark).quiet,
                "thickness": 1.2,
            }
        traces.append(bar)
    methods = [say(f"attribution.short.{method}") for method in table["method"].unique()]
    traces.append(_chance(methods, chance, say, dark))
    layout = shared.layout(dark, "", say(f"attribution.axis.{column}"))
    layout["yaxis"] |= shared.PERCENT
    layout["xaxis"] |= {"type": "category", "tickangle": -25}
    layout["barmode"], layout["bargap"] = "group", 0.25
    layout["margin"] |= {"b": 70}
    layout["legend"] |= {"y": 1.14}
    return go.Figure(traces, layout)


def _chance(methods: list[str], chance: float, say: Speaker, dark: bool) -> go.Scatter:
    """The score of a random map, a line right across."""
    return go.Scatter(
        x=methods,
        y=[round(chance, 2)] * len(methods),
        mode="lines" if len(methods) > 1 else "markers",
        name=say("attribution.axis.chance", area=chance),
        line={"color": look.ink(dark).quiet, "width": 1.5, "dash": "dash"},
        hoverinfo="skip",
    )


def attribution(
    tables: Mapping[str, pd.DataFrame], settings: LabSettings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The figure inside, where there is a mask; of the networks as they are now."""
    table = tables.get("maps")
    if table is None:
        return {}
    rows = table[table["inside"].notna()]
    if not len(rows):
        return {}
    latest = rows[rows["iteration"] == rows.groupby("run")["iteration"].transform("max")]
    shares = latest.assign(inside=100 * latest["inside"].astype(float))
    area = 100 * float(rows["area"].iloc[0])
    return {"inside": _bars(shares, "inside", area, say, dark)}


def masks(
    tables: Mapping[str, pd.DataFrame], settings: LabSettings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The figures inside and pointing, with standard errors over the images."""
    table = tables.get("scores")
    if table is None or not len(table):
        return {}
    chance = float(table["area"].iloc[0])
    return {
        column: _bars(table, column, chance, say, dark, error=f"{column}_error")
        for column in ("inside", "pointing")
    }


# Methods differ in dash and marker; dashes alone are the paper's.
_DASHES = ("solid", "dot", "dashdot", "longdashdot")
_MARKERS = ("circle", "square", "diamond", "triangle-up", "x", "cross", "star")


def randomised(
    tables: Mapping[str, pd.DataFrame], settings: Settings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The figure correlations: a curve a network and method."""
    table = tables.get("correlations")
    if table is None or not len(table):
        return {}
    traces: list[go.Scatter] = []
    steps: dict[int, str] = {}
    for label, colour, rows in shared.networks(table, dark):
        for method, part in rows.groupby("method", sort=False):
            place = settings.methods.index(method)
            name = f"{label} · {say(f'attribution.short.{method}')}"
            trace = shared.line(part["step"], part["correlation"], name, colour)
            trace.line.dash = _DASHES[place % len(_DASHES)]
            trace.marker.symbol = _MARKERS[place]
            trace.text = [layer or say("attribution.whole") for layer in part["layer"]]
            trace.hovertemplate = f"<b>{name}</b><br>%{{text}}: %{{y:.2f}}<extra></extra>"
            traces.append(trace)
            steps |= dict(zip(part["step"], trace.text, strict=True))
    layout = shared.layout(dark, say("attribution.axis.forgotten"), say("attribution.axis.ranks"))
    layout["xaxis"] |= {"tickvals": list(steps), "ticktext": list(steps.values())}
    layout["xaxis"] |= {"tickangle": -40, "title": {**layout["xaxis"]["title"], "standoff": 4}}
    layout["yaxis"] |= {"range": [-0.35, 1.05], "rangemode": "normal", "zeroline": True}
    layout["yaxis"] |= {"zerolinecolor": layout["yaxis"]["gridcolor"]}
    layout["margin"] |= {"b": 120}
    layout["height"], layout["meta"] = 460, {"wide": True}
    layout["legend"] |= {"y": 1.02, "yanchor": "bottom"}
    return {"correlations": go.Figure(traces, layout)}


_DRAWN = {"shortcut": "dot", "branch": "dashdot", "total": "solid"}


def activations(
    tables: Mapping[str, pd.DataFrame], settings: LabSettings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The figure sizes: standard deviations over all channels and pixels of this picture."""
    table = tables.get("additions")
    if table is None or not len(table):
        return {}
    traces = []
    for label, colour, rows in shared.networks(table, dark):
        for part, dash in _DRAWN.items():
            there = rows[rows["part"] == part]
            if not len(there):
                continue  # a plain block adds nothing up
            name = f"{label} · {say(f'attribution.part.{part}')}"
            trace = shared.line(there["block"], there["std"], name, colour)
            trace.x, trace.line.dash = list(there["block"]), dash
            traces.append(trace)
    layout = shared.layout(dark, say("attribution.axis.block"), say("attribution.axis.std"))
    layout["xaxis"] |= {"type": "category", "tickangle": -40}
    layout["margin"] |= {"b": 90}
    layout["legend"] |= {"y": 1.02, "yanchor": "bottom"}
    layout["height"], layout["meta"] = 400, {"wide": True}
    return {"sizes": go.Figure(traces, layout)}
