"""The race of the two forms, their final loss by depth, and the norms of F and H."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures.labs import shared
from app.language.texts import Speaker
from resnet_core.labs.microscope.question import Settings

_FAMILY = {"plain": "plain", "residual": "resnet", "shifted": "other"}
_LEAST = 1e-12  # a loss of 0 has no place on a logarithmic axis


def draw(
    tables: Mapping[str, pd.DataFrame], settings: Settings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The figures race, depths and norms; each once its table has rows."""
    return shared.by_table(tables, say, dark, race=_race, depths=_depths, norms=_norms)


def _race(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """Every recipe thin; the one with the lowest loss so far bold, with its range over seeds."""
    thin: list[go.Scatter] = []
    bold: list[go.Scatter] = []
    for form, rows in table.groupby("form", sort=False):
        colour, name = _colour(str(form), dark), say(f"labs.microscope.form.{form}")
        latest = rows[rows["step"] == rows["step"].max()]
        losses = shared.numbers(latest["loss"])
        best = latest.iloc[int(np.nanargmin(losses))] if not np.isnan(losses).all() else None
        for (gain, rate), recipe in rows.groupby(["gain", "rate"], sort=False):
            is_best = best is not None and (gain, rate) == (best["gain"], best["rate"])
            label = say("labs.microscope.recipe", form=name, gain=gain, rate=rate)
            if is_best:
                bold.append(_band(recipe, "step", name, colour))
            trace = shared.line(
                recipe["step"], _losses(recipe["loss"]), label, colour, 3 if is_best else 1
            )
            trace.update(legendgroup=name, mode="lines", name=name, showlegend=is_best)
            trace.line.dash = "dot" if form == "shifted" else "solid"
            (bold if is_best else thin).append(trace.update(opacity=1 if is_best else 0.25))
    return shared.figure(
        thin + bold, say, dark, "microscope", "step", "loss", yaxis=shared.LOGARITHMIC
    )


def _depths(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    traces = []
    for form, rows in table.sort_values("depth").groupby("form"):
        colour, name = _colour(str(form), dark), say(f"labs.microscope.form.{form}")
        traces.append(_band(rows, "depth", name, colour))
        traces.append(shared.line(rows["depth"], _losses(rows["loss"]), name, colour))
    return shared.figure(traces, say, dark, "microscope", "depth", "loss", yaxis=shared.LOGARITHMIC)


def _norms(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """F filled, H open; as they began thin, as they ended bold."""
    traces = []
    for (form, moment), rows in table.groupby(["form", "moment"], sort=False):
        colour, end = _colour(str(form), dark), moment == "end"
        for what, symbol in (("branch", "circle"), ("mapping", "square-open")):
            name = say(
                f"labs.microscope.norm.{what}",
                form=say(f"labs.microscope.form.{form}"),
                moment=say(f"labs.microscope.moment.{moment}"),
            )
            if form == "plain" and what == "branch":
                continue  # it is H itself
            trace = shared.line(rows["block"], rows[what], name, colour, 2.5 if end else 1)
            trace.marker.symbol, trace.marker.size = symbol, 8 if end else 5
            traces.append(trace.update(opacity=1 if end else 0.45, mode="lines+markers"))
    return shared.figure(
        traces,
        say,
        dark,
        "microscope",
        "block",
        "norm",
        xaxis={"dtick": 1 if table["block"].max() <= 10 else 2},
        height=shared.TALL,
    )


def _band(rows: pd.DataFrame, x: str, name: str, colour: str) -> go.Scatter:
    return shared.band(rows[x], _losses(rows["low"]), _losses(rows["high"]), name, colour)


def _losses(values: pd.Series) -> np.ndarray:
    return np.maximum(shared.numbers(values), _LEAST)


def _colour(form: str, dark: bool) -> str:
    return theme.colour(_FAMILY[form], shared.DEPTH, dark)
