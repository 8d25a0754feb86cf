"""Error of averages of runs, their pairwise disagreement, and error by dropped blocks."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go

from app import theme
from app.figures import look
from app.figures.look import Canvas


def draw(canvas: Canvas) -> dict[str, go.Figure]:
    """Return the figures joined, pairs and dropped; each once its table has rows."""
    joined = canvas.figures("members", joined=_joined)
    return joined | canvas.figures(pairs=_pairs, dropped=_dropped)


def _joined(members: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Each run alone at 1; averages of the first runs; averages of every subset."""
    colour = canvas.colour(members.iloc[0]["family"], members.iloc[0]["depth"])
    name, count = canvas.text("series.alone"), len(members)
    marker = {"size": 8, "symbol": "circle-open", "color": canvas.ink.quiet}
    hover = "<b>%{text}</b><br>%{y:.2f} %"
    labels = members["label"].tolist()
    traces = [look.points([1] * count, members["error"], name, hover, marker, text=labels)]
    if (rows := canvas.table("subsets")) is not None:
        name = canvas.text("series.subsets")
        traces.insert(0, look.range_band(rows["members"], rows["low"], rows["high"], name, colour))
        traces.append(look.line(rows["members"], rows["mean"], name, colour, 3, " %"))
    elif (rows := canvas.table("joined")) is not None:
        name = canvas.text("series.joined")
        traces.append(look.line(rows["members"], rows["error"], name, colour, 3, " %"))
    x = {"dtick": 1, "range": [0.7, count + 0.3]}
    return canvas.figure(traces, "members", "error", xaxis=x)


def _pairs(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Percent of images that two runs classify differently, as a square."""
    names = list(dict.fromkeys([*table["first"], *table["second"]]))
    columns = table["first"], table["second"], table["disagreement"]
    disagreements = {
        frozenset((first, second)): float(value)
        for first, second, value in zip(*columns, strict=True)
    }
    places = list(range(1, len(names) + 1))
    square = go.Heatmap(
        x=places,
        y=places,
        z=[[disagreements.get(frozenset((one, other))) for other in names] for one in names],
        customdata=[[f"{one} · {other}" for other in names] for one in names],
        texttemplate="%{z:.1f}",
        colorscale="Cividis",
        zmin=0,
        colorbar={"thickness": 10, "outlinewidth": 0, "ticksuffix": " %"},
        hovertemplate="%{customdata}<br>%{z:.1f} %<extra></extra>",
        hoverongaps=False,
    )
    y = {"tickvals": places, "autorange": "reversed", "rangemode": "normal"}
    return canvas.figure(square, "run", "run", xaxis={"tickvals": places}, yaxis=y)


def _dropped(rows: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """A point for each choice of dropped blocks, and the average of such networks."""
    label = str(rows.iloc[0]["label"])
    members = canvas.tables.get("members", pd.DataFrame({"label": []}))
    own = members[members["label"] == label]
    colour = canvas.colour("resnet")
    traces = []
    if len(own):
        colour = canvas.colour(own.iloc[0]["family"], own.iloc[0]["depth"])
        whole = look.line([0], own["error"], label, canvas.ink.text, unit=" %", mode="markers")
        traces.append(whole.update(marker={"size": 9, "symbol": "square"}))
    marker = {"size": 8, "color": theme.translucent(colour, 0.55)}
    name, texts = canvas.text("series.thinned"), rows["blocks"].tolist()
    hover = "%{text}<br>%{y:.1f} %"
    traces.append(look.points(rows["dropped"], rows["error"], name, hover, marker, text=texts))
    if (thinned := canvas.table("thinned")) is not None:
        name = canvas.text("series.thinned_average")
        marker = {"size": 11, "symbol": "diamond"}
        trace = look.line(thinned["dropped"], thinned["average"], name, colour, 2.5, " %")
        traces.append(trace.update(mode="lines+markers", marker=marker))
    x = {"dtick": 1, "range": [-0.3, float(rows["dropped"].max()) + 0.3]}
    return canvas.figure(traces, "dropped", "error", xaxis=x, yaxis=look.PERCENT)
