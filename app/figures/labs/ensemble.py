"""Error of averages of runs, their pairwise disagreement, and error by dropped blocks."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures import look
from app.figures.labs import shared
from app.language.texts import Speaker
from resnet_core.labs.ensemble.question import Settings


def draw(
    tables: Mapping[str, pd.DataFrame], settings: Settings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The figures joined, pairs and dropped; each once its table has rows."""
    there = {key: table for key, table in tables.items() if len(table)}
    figures = {}
    if "members" in there:
        figures["joined"] = _joined(there, say, dark)
    if "pairs" in there:
        figures["pairs"] = _pairs(there["pairs"], say, dark)
    if "dropped" in there:
        figures["dropped"] = _dropped(there, say, dark)
    return figures


def _joined(tables: Mapping[str, pd.DataFrame], say: Speaker, dark: bool) -> go.Figure:
    """Each run alone at 1; averages of the first runs; averages of every subset."""
    members = tables["members"]
    family, depth = str(members.iloc[0]["family"]), int(members.iloc[0]["depth"])
    colour, quiet = theme.colour(family, depth, dark), look.ink(dark).quiet
    alone = go.Scatter(
        x=[1] * len(members),
        y=look.rounded(shared.numbers(members["error"])),
        mode="markers",
        marker={"size": 8, "symbol": "circle-open", "color": quiet},
        name=say("labs.ensemble.series.alone"),
        text=members["label"].tolist(),
        hovertemplate="<b>%{text}</b><br>%{y:.2f} %<extra></extra>",
    )
    traces = [alone]
    if "subsets" in tables:
        rows, name = tables["subsets"], say("labs.ensemble.series.subsets")
        traces.insert(0, shared.band(rows["members"], rows["low"], rows["high"], name, colour))
        traces.append(shared.line(rows["members"], rows["mean"], name, colour, 3, " %"))
    elif "joined" in tables:
        rows, name = tables["joined"], say("labs.ensemble.series.joined")
        traces.append(shared.line(rows["members"], rows["error"], name, colour, 3, " %"))
    return shared.figure(
        traces,
        say,
        dark,
        "ensemble",
        "members",
        "error",
        xaxis={"dtick": 1, "range": [0.7, len(members) + 0.3]},
    )


def _pairs(table: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """Percent of images that two runs classify differently, as a square."""
    names = list(dict.fromkeys([*table["first"], *table["second"]]))
    disagreements = {
        pair: float(value)
        for pair, value in zip(
            zip(table["first"], table["second"], strict=True), table["disagreement"], strict=True
        )
    }
    rows = [
        [disagreements.get((one, other), disagreements.get((other, one))) for other in names]
        for one in names
    ]
    places = list(range(1, len(names) + 1))
    square = go.Heatmap(
        x=places,
        y=places,
        z=rows,
        customdata=[[f"{one} · {other}" for other in names] for one in names],
        texttemplate="%{z:.1f}",
        colorscale="Cividis",
        zmin=0,
        colorbar={"thickness": 10, "outlinewidth": 0, "ticksuffix": " %"},
        hovertemplate="%{customdata}<br>%{z:.1f} %<extra></extra>",
        hoverongaps=False,
    )
    return shared.figure(
        square,
        say,
        dark,
        "ensemble",
        "run",
        "run",
        xaxis={"tickvals": places},
        yaxis={"tickvals": places, "autorange": "reversed", "rangemode": "normal"},
    )


def _dropped(tables: Mapping[str, pd.DataFrame], say: Speaker, dark: bool) -> go.Figure:
    """A point for each choice of dropped blocks, and the average of such networks."""
    rows, members = tables["dropped"], tables.get("members", pd.DataFrame())
    label = str(rows.iloc[0]["label"])
    own = members[members["label"] == label] if len(members) else members
    family = str(own.iloc[0]["family"]) if len(own) else "resnet"
    depth = int(own.iloc[0]["depth"]) if len(own) else shared.DEPTH
    colour = theme.colour(family, depth, dark)
    traces = [
        go.Scatter(
            x=rows["dropped"].tolist(),
            y=look.rounded(shared.numbers(rows["error"])),
            mode="markers",
            marker={"size": 8, "color": theme.translucent(colour, 0.55)},
            name=say("labs.ensemble.series.thinned"),
            text=rows["blocks"].tolist(),
            hovertemplate="%{text}<br>%{y:.1f} %<extra></extra>",
        )
    ]
    if "thinned" in tables:
        thinned = tables["thinned"]
        name = say("labs.ensemble.series.thinned_average")
        trace = shared.line(thinned["dropped"], thinned["average"], name, colour, 2.5, " %")
        trace.marker = {"size": 11, "symbol": "diamond", "color": colour}
        traces.append(trace.update(mode="lines+markers"))
    if len(own):
        trace = shared.line([0], own["error"], label, look.ink(dark).text, unit=" %")
        traces.insert(0, trace.update(mode="markers", marker={"size": 9, "symbol": "square"}))
    return shared.figure(
        traces,
        say,
        dark,
        "ensemble",
        "dropped",
        "error",
        xaxis={"dtick": 1, "range": [-0.3, float(rows["dropped"].max()) + 0.3]},
        yaxis=shared.PERCENT,
    )
