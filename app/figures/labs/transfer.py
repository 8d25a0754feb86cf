"""Scores over the updates and at the end, and the scenes with the predictions of the heads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures import look
from app.figures.labs import pictures, shared
from app.figures.labs.pictures import Strip, sheet
from app.language.texts import Speaker
from resnet_core.data.shapes import OUTLINES
from resnet_core.labs.tools.columns import unpack
from resnet_core.labs.transfer.question import Settings

_DASHES = {"tuned": "solid", "frozen": "dot", "scratch": "dashdot"}
_STRENGTH = {"tuned": 1.0, "frozen": 0.5, "scratch": 0.25}  # of a bar's colour
_SYMBOLS = {"tuned": "circle", "frozen": "circle-open", "scratch": "x"}
_COLUMNS = 4  # pictures in a row
_SHAPES = tuple(OUTLINES)
_WHITE = "#ffffff"
_LEAST_ERROR = 0.1  # percent; 0 has no place on a logarithmic axis


def draw(
    tables: Mapping[str, pd.DataFrame], settings: Settings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The figures scores, final, edges (of boxes), pictures, improving, classifiers and losses."""
    scenes, predictions, over, final = (
        tables[key] if len(tables.get(key, ())) else None
        for key in ("scenes", "predictions", "curves", "final")
    )
    figures = {}
    if over is not None:
        figures["scores"] = _over(over, "score", settings, say, dark)
    if final is not None:
        figures["final"] = _bars(final, "score", say, dark)
    if scenes is not None:
        figures["pictures"] = _pictures(scenes, predictions, say, dark)
    if scenes is not None and predictions is not None:
        figures["improving"] = _improving(scenes, predictions, say, dark)
    if final is not None and final["classification"].notna().any():
        figures["classifiers"] = _classifiers(final, say, dark)
    if final is not None and final["error"].notna().any():
        figures["edges"] = _bars(final, "error", say, dark)
    if over is not None and over["loss"].notna().any():
        figures["losses"] = _over(over, "loss", settings, say, dark)
    return figures


def _over(
    table: pd.DataFrame, column: str, settings: Settings, say: Speaker, dark: bool
) -> go.Figure:
    """A curve a network and way of using it; frozen ones dotted."""
    traces = []
    for name, colour, how, rows in _learners(table, say, dark):
        rows = rows[rows[column].notna()]
        unit = " %" if column == "score" else ""
        trace = shared.line(rows["update"], rows[column], name, colour, 2.2, unit)
        trace.line.dash = _DASHES[how]
        traces.append(trace)
    axis = say(f"labs.transfer.axis.{column}")
    layout = shared.layout(dark, say("labs.transfer.axis.updates"), axis)
    layout["xaxis"] |= {"range": [0, settings.updates * 1.02]}
    if column == "score":
        layout["yaxis"] |= {"range": [0, _above(table["score"])]}
    layout["height"] = look.HEIGHT + 90
    return go.Figure(_with_keys(traces, table, say, dark), layout)


def _bars(table: pd.DataFrame, column: str, say: Speaker, dark: bool) -> go.Figure:
    """A group a network, a bar each way of using it; whiskers are 95 % of draws of scenes."""
    traces = []
    for how, rows in table.groupby("how", sort=False):
        heights = shared.numbers(rows[column])
        name = _how(str(how), say)
        bar = go.Bar(
            x=[str(label).replace(" · ", "<br>") for label in rows["label"]],
            y=look.rounded(heights),
            name=name,
            marker={"color": [_paler(c, str(how), dark) for c in _colours(rows, dark)]},
            text=[f"{height:.0f}" if column == "score" else f"{height:.1f}" for height in heights],
            textposition="inside",
            insidetextanchor="start",
            textangle=0,
            hovertemplate=f"%{{x}}<br>{name}: %{{y:.1f}}<extra></extra>",
        )
        if column == "score":
            low, high = shared.numbers(rows["low"]), shared.numbers(rows["high"])
            bar.error_y = {
                "type": "data",
                "symmetric": False,
                "array": look.rounded(high - heights),
                "arrayminus": look.rounded(heights - low),
                "color": look.ink(dark).quiet,
                "thickness": 1.3,
            }
        traces.append(bar)
    layout = shared.layout(dark, "", say(f"labs.transfer.axis.{_BAR_AXES[column]}"))
    if column == "score":
        layout["yaxis"] |= {"range": [0, _above(table["high"])]}
    layout["xaxis"] |= {"type": "category"}
    layout |= {"barmode": "group", "bargap": 0.25, "height": look.HEIGHT + 30}
    return go.Figure(traces, layout)


def _classifiers(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """Score against classification error, for backbones that began as classifiers.

    Backbones trained from scratch are left out.
    """
    table = table[table["classification"].notna()]
    traces = []
    for name, colour, how, rows in _learners(table, say, dark):
        error = np.maximum(shared.numbers(rows["classification"]), _LEAST_ERROR)
        trace = shared.line(error, rows["score"], name, colour, 2, " %")
        trace.mode, trace.marker.size, trace.marker.symbol = "markers", 12, _SYMBOLS[how]
        trace.marker.line = {"width": 2, "color": colour}
        traces.append(trace)
    axes = (say("labs.transfer.axis.classification"), say("labs.transfer.axis.score"))
    layout = shared.layout(dark, *axes)
    decades = [_LEAST_ERROR, 1, 10, 100]
    layout["xaxis"] |= {"type": "log", "range": [float(np.log10(_LEAST_ERROR)) - 0.1, 2.1]}
    layout["xaxis"] |= {"tickvals": decades, "ticktext": [f"{tick:g}" for tick in decades]}
    layout["yaxis"] |= {"range": [0, _above(table["score"])]}
    layout["height"] = look.HEIGHT + 90
    return go.Figure(_with_keys(traces, table, say, dark), layout)


def _with_keys(
    traces: list[go.Scatter], table: pd.DataFrame, say: Speaker, dark: bool
) -> list[go.Scatter]:
    """Networks by their colours and ways of using them by dash and symbol.

    An entry for each curve would fill a phone.
    """
    markers = traces[0].mode == "markers"
    for trace in traces:
        trace.showlegend, trace.legendgroup = False, None  # groups would stand below each other
    first = table.drop_duplicates("run")
    keys = [
        _key(str(label), colour, "solid", "circle", markers)
        for label, colour in zip(first["label"], _colours(first, dark), strict=True)
    ]
    ink = look.ink(dark).text
    for how in table["how"].unique():
        keys.append(_key(_how(how, say), ink, _DASHES[how], _SYMBOLS[how], markers))
    return [*traces, *keys]


def _key(name: str, colour: str, dash: str, symbol: str, markers: bool) -> go.Scatter:
    """An entry of the legend without a curve."""
    if markers:
        line = {"width": 2, "color": colour}
        look_of = {"marker": {"color": colour, "symbol": symbol, "size": 11, "line": line}}
    else:
        look_of = {"line": {"color": colour, "dash": dash, "width": 2.2}}
    return go.Scatter(
        x=[None], y=[None], mode="markers" if markers else "lines", name=name, **look_of
    )


def _pictures(
    scenes: pd.DataFrame, predictions: pd.DataFrame | None, say: Speaker, dark: bool
) -> go.Figure:
    """The truth, then the latest prediction of each head, for the last way of using backbones."""
    ink = look.ink(dark).text
    masks = _masks(scenes)
    truths = [_true(row, masks) for _, row in scenes.iterrows()]
    strips = [Strip(say("labs.transfer.truth"), ink, truths)]
    if predictions is not None:
        latest = predictions[predictions["how"] == predictions["how"].iloc[-1]]
        for name, colour, _, rows in _learners(latest, say, dark):
            now = rows[rows["update"] == rows["update"].max()].sort_values("scene")
            label = say("labs.transfer.after", name=name, updates=int(now["update"].iloc[0]))
            strips.append(
                Strip(label, colour, [_prediction(row, scenes, colour) for row in _each(now)])
            )
    return sheet(strips, len(scenes), dark, legend=_legend(scenes, say) if masks else ())


def _improving(
    scenes: pd.DataFrame, predictions: pd.DataFrame, say: Speaker, dark: bool
) -> go.Figure:
    """The prediction of each head for the first scene, after a few, more and all updates."""
    last = predictions["how"] == predictions["how"].iloc[-1]
    latest = predictions[last & (predictions["scene"] == 0)]
    moments = sorted(latest["update"].unique())
    candidates = moments[1:] or moments
    places = np.unique(np.linspace(0, len(candidates) - 1, _COLUMNS).round().astype(int))
    updates = [candidates[place] for place in places]
    heads = [say("labs.transfer.updates", updates=int(at)) for at in updates]
    strips = []
    for name, colour, _, rows in _learners(latest, say, dark):
        there = rows[rows["update"].isin(updates)].sort_values("update")
        strips.append(
            Strip(name, colour, [_prediction(row, scenes, colour) for row in _each(there)])
        )
    legend = _legend(scenes[:1], say) if _masks(scenes) else ()
    return sheet(strips, _COLUMNS, dark, heads, legend)


def _true(row: pd.Series, masks: bool) -> str:
    pixels = unpack(row)
    if masks:
        return pictures.scene(pixels, unpack(row, "truth_"))
    return pictures.boxed(pixels, [(json.loads(row["box"]), _WHITE)])


def _prediction(row: pd.Series, scenes: pd.DataFrame, colour: str) -> str:
    """The scene with the prediction of a head, and the truth."""
    scene = scenes[scenes["scene"] == row["scene"]].iloc[0]
    pixels = unpack(scene)
    if row["box"]:
        frames = [(json.loads(scene["box"]), _WHITE), (json.loads(row["box"]), colour)]
        return pictures.boxed(pixels, frames)
    return pictures.masked(pixels, unpack(row), unpack(scene, "truth_"))


def _legend(scenes: pd.DataFrame, say: Speaker) -> list[tuple[str, str]]:
    """The classes that the scenes have."""
    there = np.unique(np.concatenate([unpack(row, "truth_").ravel() for row in _each(scenes)]))
    shapes = [(_SHAPES[label - 1], pictures.CLASS_COLOURS[label - 1]) for label in there if label]
    return [(say(f"labs.transfer.shape.{shape}"), colour) for shape, colour in shapes]


def _learners(
    table: pd.DataFrame, say: Speaker, dark: bool
) -> Iterator[tuple[str, str, str, pd.DataFrame]]:
    """Name, colour, way of using the backbone and rows, in the order in which they came."""
    for (_, how), rows in table.groupby(["run", "how"], sort=False):
        name = f"{rows['label'].iloc[0]} · {_how(str(how), say)}"
        yield name, _colours(rows, dark)[0], str(how), rows


def _how(how: str, say: Speaker) -> str:
    return say(f"labs.transfer.option.backbones.{how}")


def _colours(rows: pd.DataFrame, dark: bool) -> list[str]:
    pairs = zip(rows["family"], rows["depth"], strict=True)
    return [theme.colour(str(family), int(depth), dark) for family, depth in pairs]


def _paler(colour: str, how: str, dark: bool) -> str:
    """The colour mixed with the page's, so that text on it is legible."""
    share = _STRENGTH[how]
    pairs = zip(_bytes(colour), _bytes(look.ink(dark).paper), strict=True)
    return "#" + "".join(f"{round(share * own + (1 - share) * page):02x}" for own, page in pairs)


def _bytes(colour: str) -> bytes:
    return bytes.fromhex(colour.removeprefix("#"))


def _above(percent: pd.Series) -> float:
    """The end of an axis of percents: a little above the highest, at most 100."""
    return min(100.0, max(10.0, 1.15 * float(np.nanmax(shared.numbers(percent)))))


def _masks(scenes: pd.DataFrame) -> bool:
    return not scenes["box"].astype(bool).any()


def _each(rows: pd.DataFrame) -> list[Any]:
    return [row for _, row in rows.iterrows()]


_BAR_AXES = {"score": "score", "error": "edges"}
