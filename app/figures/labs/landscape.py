"""Lines through the networks, and the surfaces as contours and as mountains."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from app.figures import look
from app.figures.look import Canvas

_PLOT = 320  # pixels a contour map
_MOUNTAINS = 380
_HIGHEST = 99.0  # percentile of the loss at which the colour scale ends: a few peaks are huge
_LEAST = 1e-4  # a loss of 0 has no logarithm
_HOVER = "(%{x:.2f}, %{y:.2f})<br>%{customdata:.3~g}<extra></extra>"

Grid = tuple[np.ndarray, np.ndarray]  # places a side (N), loss (N, N; rows are y)
Plot = tuple[pd.Series, Grid]  # a row of networks and its surface


def draw(canvas: Canvas) -> dict[str, go.Figure]:
    """Return the figures lines, contours and mountains; each once its table has rows."""
    networks = canvas.table("networks")
    if networks is None:
        return {}
    figures = canvas.figures(lines=_lines)
    surface = canvas.table("surface")
    if surface is not None:
        grids = {subject: grid(rows) for subject, rows in surface.groupby("subject", sort=False)}
        rows = [row for _, row in networks.iterrows() if row["subject"] in grids]
        plots = [(row, grids[row["subject"]]) for row in rows]
        scale = _colour_axis(surface, canvas)
        figures["contours"] = _contours(plots, scale, canvas)
        figures["mountains"] = _mountains(plots, scale, canvas)
    return figures


def grid(rows: pd.DataFrame) -> Grid:
    """Return the finest grid so far; a place without a loss has that of the nearest place."""
    finest = rows[rows["level"] == rows["level"].max()]
    count = int(finest["level"].iloc[0])
    reach = float(np.abs(rows["x"]).max()) or 1.0
    places = np.linspace(-reach, reach, count)
    step = places[1] - places[0]
    columns, lines = (
        np.rint((rows[axis].to_numpy(float) + reach) / step).astype(int) for axis in ("x", "y")
    )
    losses = np.full((count, count), np.nan)
    losses[lines, columns] = look.numbers(rows["loss"])
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


def _lines(table: pd.DataFrame, canvas: Canvas) -> go.Figure:
    """Direction 1 bold, direction 2 thin; the band is the loss's standard error."""
    traces = []
    networks = canvas.tables["networks"]
    for _, row in networks.iterrows():
        colour = canvas.colour(row["family"], row["depth"])
        own = table[table["subject"] == row["subject"]].sort_values("place")
        for direction, width in ((2, 1.2), (1, 2.5)):
            part = own[own["direction"] == direction]
            name = canvas.text("direction", label=row["label"], direction=direction)
            if direction == 1:
                band = look.range_band(part["place"], part["low"], part["high"], name, colour)
                traces.append(band)
            traces.append(look.line(part["place"], part["loss"], name, colour, width, mode="lines"))
    guessing = float(networks["guessing"].iloc[0])
    level = canvas.level(guessing, canvas.text("guessing"), log=True)
    # Far from the network the loss is a thousand times higher.
    y = look.LOGARITHMIC
    return canvas.figure(traces, "place", "loss", yaxis=y, height=look.TALL, **level)


def _contours(plots: Sequence[Plot], scale: dict[str, Any], canvas: Canvas) -> go.Figure:
    """A map a network, all under one colour scale."""
    figure = _stack(plots, "xy", 0.3, canvas)
    figure.update_layout(height=_PLOT * len(plots) + 60, coloraxis=scale, margin={"t": 34})
    for number, (_, (places, losses)) in enumerate(plots, start=1):
        contour = go.Contour(
            x=look.rounded(places),
            y=look.rounded(places),
            z=look.rounded(_exponents(losses)),
            customdata=look.rounded(losses),
            coloraxis="coloraxis",
            ncontours=18,
            line={"width": 0.6},
            hovertemplate=_HOVER,
        )
        figure.add_trace(contour, row=number, col=1)
    x, y = (canvas.text("axis.direction", direction=direction) for direction in (1, 2))
    figure.update_xaxes(look.axis(canvas.dark, x))
    return figure.update_yaxes(look.axis(canvas.dark, y))


def _mountains(plots: Sequence[Plot], scale: dict[str, Any], canvas: Canvas) -> go.Figure:
    """The surfaces in three dimensions; heights are clipped to the colour scale."""
    figure = _stack(plots, "scene", 0.05, canvas)
    margin = {"t": 34, "l": 0, "b": 0}
    figure.update_layout(height=_MOUNTAINS * len(plots) + 40, coloraxis=scale, margin=margin)
    for number, (_, (places, losses)) in enumerate(plots, start=1):
        surface = go.Surface(
            x=look.rounded(places),
            y=look.rounded(places),
            z=look.rounded(np.clip(_exponents(losses), scale["cmin"], scale["cmax"])),
            customdata=look.rounded(losses),
            coloraxis="coloraxis",
            hovertemplate=_HOVER,
        )
        figure.add_trace(surface, row=number, col=1)
    return figure.update_scenes(_scene(scale, canvas))


def _exponents(losses: np.ndarray) -> np.ndarray:
    return np.log10(np.maximum(losses, _LEAST))


def _stack(plots: Sequence[Plot], kind: str, gap: float, canvas: Canvas) -> go.Figure:
    """Return a plot of this kind for each network, so that phones show them all."""
    figure = canvas.subplots(
        rows=len(plots),
        cols=1,
        specs=[[{"type": kind}] for _ in plots],
        vertical_spacing=gap / len(plots),
        subplot_titles=[_title(row, len(places), canvas) for row, (places, _) in plots],
    )
    return figure.update_layout(showlegend=False).update_annotations(font_size=12)


def _scene(scale: dict[str, Any], canvas: Canvas) -> dict[str, Any]:
    axis = look.axis(canvas.dark, "")
    style = {key: axis[key] for key in ("gridcolor", "tickfont")}
    style |= {"backgroundcolor": look.CLEAR, "showspikes": False}
    decades = [tick for tick in scale["colorbar"]["tickvals"] if abs(tick - round(tick)) < 1e-6]
    height = {
        "title": {"text": canvas.text("short")},
        "range": [scale["cmin"], scale["cmax"]],
        "tickvals": decades,
        "ticktext": [f"{10**tick:,.4g}" for tick in decades],
    }
    return {
        "xaxis": {"title": {"text": "1"}, **style},
        "yaxis": {"title": {"text": "2"}, **style},
        "zaxis": style | height,
        "aspectratio": {"x": 1, "y": 1, "z": 0.7},
    }


def _colour_axis(table: pd.DataFrame, canvas: Canvas) -> dict[str, Any]:
    """One scale for all networks, logarithmic, from the lowest loss to nearly the highest."""
    losses = look.numbers(table["loss"])
    losses = losses[~np.isnan(losses)] if not np.isnan(losses).all() else np.ones(1)
    low, high = _exponents(np.array([losses.min(), np.percentile(losses, _HIGHEST)]))
    high = max(high, low + 0.5)
    ticks = [tick for tick in look.log_ticks(low, high) if low - 0.02 <= tick <= high + 0.02]
    labels = {"tickvals": ticks, "ticktext": [f"{10**tick:,.4g}" for tick in ticks]}
    return {
        "colorscale": "Cividis",  # the same to colour-blind eyes
        "cmin": float(low),
        "cmax": float(high),
        "colorbar": look.colour_bar(canvas.dark, canvas.text("short"), **labels),
    }


def _title(row: pd.Series, points: int, canvas: Canvas) -> str:
    numbers = {"loss": float(row["loss"]), "uncertainty": float(row["uncertainty"])}
    return canvas.text(
        "map", label=row["label"], points=points, images=int(row["images"]), **numbers
    )
