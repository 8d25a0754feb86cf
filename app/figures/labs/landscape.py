"""Lines through the networks, and the surfaces as contours and as mountains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from app import theme
from app.figures import look
from app.figures.labs import shared
from app.language.texts import Speaker
from resnet_core.labs.landscape.question import Settings

_PLOT = 320  # pixels a contour map
_MOUNTAINS = 380
_COLOURS = "Cividis"  # the same to colour-blind eyes
_HIGHEST = 99.0  # percentile of the loss at which the colour scale ends: a few peaks are huge

Grid = tuple[np.ndarray, np.ndarray]  # places a side (N), loss (N, N; rows are y)
Plot = tuple[pd.Series, Grid]  # a row of networks and its surface


def draw(
    tables: Mapping[str, pd.DataFrame], settings: Settings, say: Speaker, dark: bool
) -> dict[str, go.Figure]:
    """The figures lines, contours and mountains; each once its table has rows."""
    networks = tables.get("networks")
    if networks is None or not len(networks):
        return {}
    figures = {}
    if len(tables.get("lines", ())):
        figures["lines"] = _lines(tables["lines"], networks, say, dark)
    if len(tables.get("surface", ())):
        grids = {
            str(subject): grid(rows)
            for subject, rows in tables["surface"].groupby("subject", sort=False)
        }
        plots = _plots(grids, networks)
        scale = _colour_axis(tables["surface"], say, dark)
        figures["contours"] = _contours(plots, scale, say, dark)
        figures["mountains"] = _mountains(plots, scale, say, dark)
    return figures


def grid(rows: pd.DataFrame) -> Grid:
    """The finest grid so far; places without a loss take that of the nearest place with one."""
    finest = rows[rows["level"] == rows["level"].max()]
    count = int(finest["level"].iloc[0])
    reach = float(np.abs(rows["x"]).max()) or 1.0
    places = np.linspace(-reach, reach, count)
    step = places[1] - places[0]
    columns = np.rint((rows["x"].to_numpy(float) + reach) / step).astype(int)
    lines = np.rint((rows["y"].to_numpy(float) + reach) / step).astype(int)
    losses = np.full((count, count), np.nan)
    losses[lines, columns] = shared.numbers(rows["loss"])
    return places, _filled(losses)


def _filled(losses: np.ndarray) -> np.ndarray:
    """Fill each gap with the value of the nearest computed place."""
    cells, gaps = np.argwhere(~np.isnan(losses)), np.argwhere(np.isnan(losses))
    if not len(cells) or not len(gaps):
        return losses
    distance = ((gaps[:, None, :] - cells[None, :, :]) ** 2).sum(2)
    filled = losses.copy()
    nearest = cells[distance.argmin(1)]
    filled[gaps[:, 0], gaps[:, 1]] = losses[nearest[:, 0], nearest[:, 1]]
    return filled


def _lines(table: pd.DataFrame, networks: pd.DataFrame, say: Speaker, dark: bool) -> go.Figure:
    """Direction 1 bold, direction 2 thin; the band is the loss's standard error."""
    traces = []
    for row, depth in _rows(networks):
        colour = theme.colour(str(row["family"]), depth, dark)
        own = table[table["subject"] == row["subject"]].sort_values("place")
        for direction, width in ((2, 1.2), (1, 2.5)):
            part = own[own["direction"] == direction]
            name = say("labs.landscape.direction", label=row["label"], direction=direction)
            if direction == 1:
                traces.append(shared.band(part["place"], part["low"], part["high"], name, colour))
            line = shared.line(part["place"], part["loss"], name, colour, width)
            traces.append(line.update(mode="lines"))
    layout = shared.layout(dark, say("labs.landscape.axis.place"), say("labs.landscape.axis.loss"))
    layout["yaxis"] |= shared.LOGARITHMIC  # far from the network it is a thousand times higher
    layout["height"] = shared.TALL
    guessing = float(networks["guessing"].iloc[0])
    layout |= shared.level(guessing, say("labs.landscape.guessing"), dark, log=True)
    return go.Figure(traces, layout)


def _contours(plots: Sequence[Plot], scale: dict[str, Any], say: Speaker, dark: bool) -> go.Figure:
    """A map a network, all under one colour scale."""
    figure = _stack(plots, "xy", 0.3, say, dark)
    figure.update_layout(height=_PLOT * len(plots) + 60, coloraxis=scale, margin={"t": 34})
    for number, (_, (places, losses)) in enumerate(plots, start=1):
        contour = go.Contour(
            x=look.rounded(places),
            y=look.rounded(places),
            z=[look.rounded(line) for line in np.log10(np.maximum(losses, 1e-4))],
            customdata=[look.rounded(line) for line in losses],
            coloraxis="coloraxis",
            ncontours=18,
            line={"width": 0.6},
            hovertemplate="(%{x:.2f}, %{y:.2f})<br>%{customdata:.3~g}<extra></extra>",
        )
        figure.add_trace(contour, row=number, col=1)
        name = say("labs.landscape.axis.direction", direction=1)
        figure.update_xaxes(look.axis(dark, name), row=number, col=1)
        name = say("labs.landscape.axis.direction", direction=2)
        figure.update_yaxes(look.axis(dark, name), row=number, col=1)
    return figure


def _mountains(plots: Sequence[Plot], scale: dict[str, Any], say: Speaker, dark: bool) -> go.Figure:
    """The surfaces in three dimensions; heights are clipped to the colour scale."""
    figure = _stack(plots, "scene", 0.05, say, dark)
    margin = {"t": 34, "l": 0, "b": 0}
    figure.update_layout(height=_MOUNTAINS * len(plots) + 40, coloraxis=scale, margin=margin)
    for number, (_, (places, losses)) in enumerate(plots, start=1):
        heights = np.clip(np.log10(np.maximum(losses, 1e-4)), scale["cmin"], scale["cmax"])
        surface = go.Surface(
            x=look.rounded(places),
            y=look.rounded(places),
            z=[look.rounded(line) for line in heights],
            customdata=[look.rounded(line) for line in losses],
            coloraxis="coloraxis",
            hovertemplate="(%{x:.2f}, %{y:.2f})<br>%{customdata:.3~g}<extra></extra>",
        )
        figure.add_trace(surface, row=number, col=1)
        figure.update_scenes(_scene(scale, say, dark), row=number, col=1)
    return figure


def _plots(grids: Mapping[str, Grid], networks: pd.DataFrame) -> list[Plot]:
    """The networks that have a grid, in their order."""
    return [(row, grids[row["subject"]]) for row, _ in _rows(networks) if row["subject"] in grids]


def _stack(plots: Sequence[Plot], kind: str, gap: float, say: Speaker, dark: bool) -> go.Figure:
    """A plot of this kind for each network, so that phones show them all."""
    figure = make_subplots(
        rows=len(plots),
        cols=1,
        specs=[[{"type": kind}] for _ in plots],
        vertical_spacing=gap / len(plots),
        subplot_titles=[_title(row, len(places), say) for row, (places, _) in plots],
    )
    layout = shared.layout(dark, "", "")
    figure.update_layout({k: v for k, v in layout.items() if k not in {"xaxis", "yaxis"}})
    return figure.update_layout(showlegend=False).update_annotations(font_size=12)


def _scene(scale: dict[str, Any], say: Speaker, dark: bool) -> dict[str, Any]:
    def axis(title: str, **more: Any) -> dict[str, Any]:
        used = look.axis(dark, "")
        styles = {key: used[key] for key in ("gridcolor", "tickfont")}
        clear = {"backgroundcolor": "rgba(0,0,0,0)", "showspikes": False}
        return {"title": {"text": title}, **styles, **clear, **more}

    decades = [tick for tick in scale["colorbar"]["tickvals"] if abs(tick - round(tick)) < 1e-6]
    return {
        "xaxis": axis("1"),
        "yaxis": axis("2"),
        "zaxis": axis(
            say("labs.landscape.short"),
            range=[scale["cmin"], scale["cmax"]],
            tickvals=decades,
            ticktext=[f"{10**tick:,.4g}" for tick in decades],
        ),
        "aspectratio": {"x": 1, "y": 1, "z": 0.7},
    }


def _colour_axis(table: pd.DataFrame, say: Speaker, dark: bool) -> dict[str, Any]:
    """One scale for all networks, logarithmic, from the lowest loss to nearly the highest."""
    losses = shared.numbers(table["loss"])
    losses = np.maximum(losses[~np.isnan(losses)], 1e-4)
    if not len(losses):
        losses = np.ones(1)
    low, high = np.log10(losses.min()), np.log10(np.percentile(losses, _HIGHEST))
    high = max(high, low + 0.5)
    ticks = [
        decade + np.log10(step)
        for decade in range(int(np.floor(low)), int(np.ceil(high)) + 1)
        for step in (1.0, 2.0, 5.0)
    ]
    ticks = [float(tick) for tick in ticks if low - 0.02 <= tick <= high + 0.02]
    return {
        "colorscale": _COLOURS,
        "cmin": float(low),
        "cmax": float(high),
        "colorbar": {
            "thickness": 10,
            "outlinewidth": 0,
            "tickvals": ticks,
            "ticktext": [f"{10**tick:,.4g}" for tick in ticks],
            "title": {"text": say("labs.landscape.short"), "side": "right"},
            "tickfont": {"size": 11, "color": look.ink(dark).quiet},
        },
    }


def _title(row: pd.Series, points: int, say: Speaker) -> str:
    return say(
        "labs.landscape.map",
        label=row["label"],
        points=points,
        loss=float(row["loss"]),
        uncertainty=float(row["uncertainty"]),
        images=int(row["images"]),
    )


def _rows(networks: pd.DataFrame) -> list[tuple[pd.Series, int]]:
    return [(row, int(row["depth"])) for _, row in networks.iterrows()]
