"""Scores over the updates and at the end, and the scenes with the predictions of the heads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures import look
from app.figures.labs import pictures
from app.figures.labs.pictures import Strip, sheet
from app.figures.look import Canvas
from resnet_core.data.shapes import OUTLINES
from resnet_core.labs.events import unpack

_DASHES = {"tuned": "solid", "frozen": "dot", "scratch": "dashdot"}
_STRENGTH = {"tuned": 1.0, "frozen": 0.5, "scratch": 0.25}  # of a bar's colour
_SYMBOLS = {"tuned": "circle", "frozen": "circle-open", "scratch": "x"}
_COLUMNS = 4  # pictures in a row
_SHAPES = tuple(OUTLINES)
_WHITE = "#ffffff"
_LEAST_ERROR = 0.1  # percent; 0 has no place on a logarithmic axis
_HEIGHT = look.HEIGHT + 90


def draw(canvas: Canvas) -> dict[str, go.Figure]:
    """Return the figures of scores, pictures and losses; each once there is something to draw."""
    figures = canvas.figures("curves", scores=_scores) | canvas.figures(final=_final)
    figures |= canvas.figures("scenes", pictures=_pictures)
    if canvas.table("scenes") is not None:
        figures |= canvas.figures("predictions", improving=_improving)
    for table, column, name, drawer in (
        ("final", "classification", "classifiers", _classifiers),
        ("final", "error", "edges", _edges),
        ("curves", "loss", "losses", _losses),
    ):
        rows = canvas.table(table)
        if rows is not None and rows[column].notna().any():
            figures[name] = drawer(rows, canvas)
    return figures


def _scores(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    y = {"range": [0, _above(table["score"])]}
    return _curves(table, "score", " %", canvas, yaxis=y)


def _losses(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    return _curves(table, "loss", "", canvas)


def _curves(table: pd.DataFrame, column: str, unit: str, canvas: Canvas, **more: Any) -> go.Figure:
    """A curve a network and way of using it; frozen ones dotted."""
    traces = []
    for name, colour, how, rows in _learners(table, canvas):
        rows = rows[rows[column].notna()]
        dash = _DASHES[how]
        traces.append(look.line(rows["update"], rows[column], name, colour, 2.2, unit, dash=dash))
    x = {"range": [0, canvas.settings.updates * 1.02]}
    traces = _with_keys(traces, table, canvas)
    return canvas.figure(traces, "updates", column, xaxis=x, height=_HEIGHT, **more)


def _final(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Scores; whiskers are 95 % of draws of scenes."""
    traces = []
    for bars, rows in _bars(table, "score", ".0f", canvas):
        heights, low, high = (look.numbers(rows[name]) for name in ("score", "low", "high"))
        ends = {"array": look.rounded(high - heights), "arrayminus": look.rounded(heights - low)}
        whiskers = {"type": "data", "symmetric": False, "thickness": 1.3, **ends}
        traces.append(bars.update(error_y={"color": canvas.ink.quiet, **whiskers}))
    return _grouped(traces, "score", canvas, yaxis={"range": [0, _above(table["high"])]})


def _edges(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    traces = [bars for bars, _ in _bars(table, "error", ".1f", canvas)]
    return _grouped(traces, "edges", canvas)


def _bars(
    table: pd.DataFrame, column: str, form: str, canvas: Canvas
) -> Iterator[tuple[go.Bar, pd.DataFrame]]:
    """A group a network, a bar each way of using it."""
    for how, rows in table.groupby("how", sort=False):
        name = _how(str(how), canvas)
        networks = [str(label).replace(" · ", "<br>") for label in rows["label"]]
        colours = [_paler(colour, str(how), canvas) for colour in _colours(rows, canvas)]
        bars = look.bars(networks, rows[column], name, colours)
        bars.update(
            text=[format(height, form) for height in look.numbers(rows[column])],
            textposition="inside",
            insidetextanchor="start",
            textangle=0,
            hovertemplate=f"%{{x}}<br>{name}: %{{y:.1f}}<extra></extra>",
        )
        yield bars, rows


def _grouped(traces: list[go.Bar], y: str, canvas: Canvas, **more: Any) -> go.Figure:
    x, height = {"type": "category"}, look.HEIGHT + 30
    return canvas.figure(traces, "", y, xaxis=x, height=height, **look.GROUPED, **more)


def _classifiers(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Score against classification error, for backbones that began as classifiers.

    Backbones trained from scratch are left out.
    """
    table = table[table["classification"].notna()]
    traces = []
    for name, colour, how, rows in _learners(table, canvas):
        error = np.maximum(look.numbers(rows["classification"]), _LEAST_ERROR)
        marker = {"size": 12, "symbol": _SYMBOLS[how], "line": {"width": 2, "color": colour}}
        trace = look.line(error, rows["score"], name, colour, 2, " %", marker=marker)
        traces.append(trace.update(mode="markers"))
    decades = [_LEAST_ERROR, 1, 10, 100]
    x = {"type": "log", "range": [float(np.log10(_LEAST_ERROR)) - 0.1, 2.1]}
    x |= {"tickvals": decades, "ticktext": [f"{tick:g}" for tick in decades]}
    y = {"range": [0, _above(table["score"])]}
    traces = _with_keys(traces, table, canvas)
    return canvas.figure(traces, "classification", "score", xaxis=x, yaxis=y, height=_HEIGHT)


def _with_keys(traces: list[go.Scatter], table: pd.DataFrame, canvas: Canvas) -> list[go.Scatter]:
    """Add a legend of networks by colour and of ways of using them by dash and symbol.

    An entry for each curve would fill a phone.
    """
    markers = traces[0].mode == "markers"
    for trace in traces:
        trace.showlegend, trace.legendgroup = False, None  # groups would stand below each other
    first = table.drop_duplicates("run")
    entries = [
        (str(label), colour, "tuned")
        for label, colour in zip(first["label"], _colours(first, canvas), strict=True)
    ]
    entries += [(_how(how, canvas), canvas.ink.text, how) for how in table["how"].unique()]
    for name, colour, how in entries:
        if markers:
            marker = {"size": 11, "symbol": _SYMBOLS[how], "line": {"width": 2, "color": colour}}
            entry = look.legend_entry(name, "markers", marker={"color": colour, **marker})
        else:
            line = {"color": colour, "dash": _DASHES[how], "width": 2.2}
            entry = look.legend_entry(name, "lines", line=line)
        traces.append(entry)
    return traces


def _pictures(scenes: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """The truth, then the latest prediction of each head, for the last way of using backbones."""
    truths = [_true(row) for row in _each(scenes)]
    strips = [Strip(canvas.text("truth"), canvas.ink.text, truths)]
    predictions = canvas.table("predictions")
    if predictions is not None:
        latest = predictions[predictions["how"] == predictions["how"].iloc[-1]]
        for name, colour, _, rows in _learners(latest, canvas):
            newest = rows[rows["update"] == rows["update"].max()].sort_values("scene")
            label = canvas.text("after", name=name, updates=int(newest["update"].iloc[0]))
            strips.append(Strip(label, colour, _predicted(newest, scenes, colour)))
    return sheet(strips, len(scenes), canvas, legend=_legend(scenes, canvas))


def _improving(predictions: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """The prediction of each head for the first scene, after a few, more and all updates."""
    scenes = canvas.tables["scenes"]
    last = predictions["how"] == predictions["how"].iloc[-1]
    latest = predictions[last & (predictions["scene"] == 0)]
    moments = sorted(latest["update"].unique())
    candidates = moments[1:] or moments
    places = np.unique(np.linspace(0, len(candidates) - 1, _COLUMNS).round().astype(int))
    updates = [candidates[place] for place in places]
    heads = [canvas.text("updates", updates=int(update)) for update in updates]
    strips = []
    for name, colour, _, rows in _learners(latest, canvas):
        drawn = rows[rows["update"].isin(updates)].sort_values("update")
        strips.append(Strip(name, colour, _predicted(drawn, scenes, colour)))
    return sheet(strips, _COLUMNS, canvas, heads, _legend(scenes[:1], canvas))


def _true(scene: pd.Series) -> str:
    if scene["box"]:
        return pictures.boxed(unpack(scene), [(json.loads(scene["box"]), _WHITE)])
    return pictures.scene(unpack(scene), unpack(scene, "truth_"))


def _predicted(rows: pd.DataFrame, scenes: pd.DataFrame, colour: str) -> list[str]:
    """Return the scenes with the predictions of a head, and the truth."""
    drawn = []
    for row in _each(rows):
        scene = scenes[scenes["scene"] == row["scene"]].iloc[0]
        pixels = unpack(scene)
        if row["box"]:
            frames = [(json.loads(scene["box"]), _WHITE), (json.loads(row["box"]), colour)]
            drawn.append(pictures.boxed(pixels, frames))
        else:
            drawn.append(pictures.masked(pixels, unpack(row), unpack(scene, "truth_")))
    return drawn


def _legend(scenes: pd.DataFrame, canvas: Canvas) -> list[tuple[str, str]]:
    """Return names and colours of the classes that the scenes have; none where they have boxes."""
    if scenes["box"].astype(bool).any():
        return []
    labels = np.unique(np.concatenate([unpack(row, "truth_").ravel() for row in _each(scenes)]))
    return [
        (canvas.text(f"shape.{_SHAPES[label - 1]}"), pictures.CLASS_COLOURS[label - 1])
        for label in labels
        if label
    ]


def _learners(table: pd.DataFrame, canvas: Canvas) -> Iterator[tuple[str, str, str, pd.DataFrame]]:
    """Yield name, colour, way of using the backbone and rows, in the table's order."""
    for (_, how), rows in table.groupby(["run", "how"], sort=False):
        name = f"{rows['label'].iloc[0]} · {_how(str(how), canvas)}"
        yield name, _colours(rows, canvas)[0], str(how), rows


def _how(how: str, canvas: Canvas) -> str:
    return canvas.text(f"option.backbones.{how}")


def _colours(rows: pd.DataFrame, canvas: Canvas) -> list[str]:
    return [canvas.colour(*pair) for pair in zip(rows["family"], rows["depth"], strict=True)]


def _paler(colour: str, how: str, canvas: Canvas) -> str:
    """Return the colour mixed with the page's, so that text on it is legible."""
    share = _STRENGTH[how]
    pairs = zip(theme.rgb(colour), theme.rgb(canvas.ink.paper), strict=True)
    return "#" + "".join(f"{round(share * own + (1 - share) * page):02x}" for own, page in pairs)


def _above(percent: pd.Series) -> float:
    """Return the end of an axis of percents: a little above the highest, at most 100."""
    return min(100.0, max(10.0, 1.15 * float(np.nanmax(look.numbers(percent)))))


def _each(rows: pd.DataFrame) -> list[Any]:
    return [row for _, row in rows.iterrows()]
