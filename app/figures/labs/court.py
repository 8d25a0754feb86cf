"""Measurements for the five hypotheses: learning curves, gradients by layer, and final errors."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures import look
from app.figures.labs import shared
from app.language.texts import Speaker
from resnet_core.labs.court.question import Settings

LIVE = "live"
_LEAST = 1e-16  # a gradient of 0 has no place on a logarithmic axis
_SHALLOW_DEPTH, _DEEP_DEPTH = 20, 56  # of the colours
# Colours that are no family's, for the remedies.
_REMEDIES = {"xavier": "highway", "small_normal": "preresnet", "vanishing": "other"}


def draw(
    tables: Mapping[str, pd.DataFrame], settings: Settings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The figures curves, gradients and errors; each once its table has rows."""
    return shared.by_table(tables, say, dark, curves=_curves, gradients=_gradients, errors=_errors)


def _colour(role: str, dark: bool) -> str:
    depth = _SHALLOW_DEPTH if role.startswith("shallow") else _DEEP_DEPTH
    return theme.colour(_REMEDIES.get(role, "plain"), depth, dark)


def _curves(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """Training error of the short runs; the long ones are thin."""
    traces = []
    for role, rows in table.groupby("role", sort=False):
        name = say(f"labs.court.role.{role}", depth=int(rows.iloc[0]["depth"]))
        width = 1.3 if str(role).endswith("_long") else 2.8
        colour = _colour(str(role), dark)
        traces.append(shared.line(rows["iteration"], rows["error"], name, colour, width, " %"))
        traces[-1].update(mode="lines")
    return shared.figure(
        traces,
        say,
        dark,
        "court",
        "iteration",
        "training_error",
        yaxis=shared.PERCENT,
        height=shared.TALLER,
    )


def _gradients(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """From the input on the left to the output; trained networks dotted."""
    traces = []
    for (source, role), rows in table.groupby(["source", "role"], sort=False):
        if str(role).endswith("_long"):
            continue
        live = source == LIVE
        name = _name(rows.iloc[0], say)
        norms = [max(_LEAST, norm) for norm in shared.numbers(rows["norm"])]
        trace = shared.line(rows["place"], norms, name, _colour(str(role), dark), 2.2)
        trace.line.dash = "solid" if live else "dot"
        trace.customdata = rows["layer"].tolist()
        trace.hovertemplate = f"<b>{name}</b> · %{{customdata}}<br>%{{y:.2~g}}<extra></extra>"
        traces.append(trace.update(mode="lines"))
    return shared.figure(
        traces,
        say,
        dark,
        "court",
        "place",
        "gradient",
        yaxis=shared.LOGARITHMIC,
        xaxis={
            "tickvals": [0, 1],
            "ticktext": [say("labs.court.place.first"), say("labs.court.place.last")],
            "range": [-0.02, 1.02],
        },
        margin={"r": 36},
        height=shared.TALLER,
    )


def _errors(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """A row a network: training error filled, test error open."""
    rows = table[table["role"] != "vanishing"].reset_index(drop=True)
    names = [_name(row, say) for _, row in rows.iterrows()]
    colours = [_colour(str(role), dark) for role in rows["role"]]
    traces = []
    for column, filled in (("train", True), ("test", False)):
        name = say(f"labs.court.series.{column}")
        marker = {"size": 11, "symbol": "circle" if filled else "circle-open", "color": colours}
        traces.append(
            go.Scatter(
                x=look.rounded(shared.numbers(rows[column])),
                y=list(range(len(rows))),
                mode="markers",
                marker=marker | {"line": {"width": 2}},
                name=name,
                text=names,
                hovertemplate=f"<b>%{{text}}</b><br>%{{x:.1f}} % {name}<extra></extra>",
            )
        )
    layout = shared.layout(dark, say("labs.court.axis.error"), "")
    layout["xaxis"] |= {"range": [-2, 100]}
    layout["yaxis"] |= {"tickvals": list(range(len(rows))), "ticktext": names}
    layout["yaxis"] |= {"autorange": "reversed", "rangemode": "normal", "automargin": True}
    layout["height"] = 130 + 30 * len(rows)
    layout["legend"] = {**layout["legend"], "y": 1.02, "yanchor": "bottom"}
    return go.Figure(traces, layout)


def _name(row: pd.Series, say: Speaker) -> str:
    """A short run by its role, a trained network by its label."""
    if row["source"] == LIVE:
        return say(f"labs.court.role.{row['role']}", depth=int(row["depth"]))
    if row["role"] == "graft":
        return say("labs.court.role.graft", label=row["label"], depth=int(row["depth"]))
    return str(row["label"])
