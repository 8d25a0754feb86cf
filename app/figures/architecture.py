"""Cost and receptive fields of architectures: bars in parts by map size, and curves by layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import plotly.graph_objects as go

from app import theme
from app.figures import look
from app.language.texts import Speaker
from resnet_core.anatomy.facts import Anatomy, StageFacts

Quantity = Literal["multiply_adds", "parameters"]
_UNITS: dict[Quantity, float] = {"multiply_adds": 1e9, "parameters": 1e6}
_SMALL_UNITS: dict[Quantity, float] = {"multiply_adds": 1e6, "parameters": 1e3}
_BAR, _FRAME = 36, 96  # pixels: a bar and its gap; title, axis and legend
_FAINTEST = 0.25
_READABLE = 0.045  # of the axis: a smaller part has no room for its name

# The first curves are broader, so that curves on each other are all visible.
_WIDTHS = (6.0, 3.5, 2.0)


def work_figure(
    named: Sequence[tuple[str, Anatomy]],
    quantity: Quantity,
    paper: Mapping[str, float],
    say: Speaker,
    dark: bool,
) -> go.Figure:
    """Draw one bar a network, the first one on top, in parts by the size of the maps.

    Args:
        named: names and anatomies of the networks.
        paper: the paper's multiply-adds in 10^9 by the network's name without its folder.
    """
    small = all(getattr(anatomy, quantity) < _UNITS[quantity] for _, anatomy in named)
    unit = (_SMALL_UNITS if small else _UNITS)[quantity]
    most = max((getattr(anatomy, quantity) / unit for _, anatomy in named), default=1.0)
    traces: list[Any] = [
        bar
        for name, anatomy in named
        for bar in _bars(name, anatomy, quantity, unit, most, say, dark)
    ]
    title, size = say(f"architecture.figure.{quantity}"), "_small" if small else ""
    more: dict[str, Any] = {
        "barmode": "stack",
        "uniformtext": {"minsize": 10, "mode": "hide"},
        "annotations": _totals(named, quantity, unit, dark),
    }
    if quantity == "multiply_adds":
        printed = _printed_values(named, paper, unit)
        more["shapes"] = [_paper_line(row, value, dark) for row, _, value in printed]
        if printed:  # transparent points on the dashed lines, for the pointer
            _, names, values = zip(*printed, strict=True)
            marker = {"size": 12, "opacity": 0, "color": look.ink(dark).text}
            hover = f"{say('architecture.paper')} %{{x:.3~g}}<extra></extra>"
            points = {"x": values, "y": names, "mode": "markers", "marker": marker}
            traces.append(go.Scatter(points, hovertemplate=hover))
    titles = (title, say(f"architecture.axis.{quantity}{size}"))
    x = {"range": [0, most * 1.06]}
    return _bar_figure(traces, dark, titles, 96, _BAR * len(named), x, bargap=0.28, **more)


def block_figure(
    blocks: Sequence[tuple[str, int, str]], title: str, axis: str, dark: bool
) -> go.Figure:
    """Draw one bar a block: its name, its multiply-adds, and its family for the colour."""
    values = [float(f"{value / 1e6:.4g}") for _, value, _ in blocks]
    bars = go.Bar(
        x=values,
        y=[name.replace(", ", ",<br>", 1) for name, _, _ in blocks],
        orientation="h",
        marker={"color": [theme.colour(family, 34, dark) for _, _, family in blocks]},
        text=[f"<b>{value:,.0f}</b>" for value in values],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="%{y}<br>%{x:,.4~g}<extra></extra>",
    )
    x = {"range": [0, max(values, default=1) * 1.12], "nticks": 5, "tickangle": 0}
    return _bar_figure([bars], dark, (title, axis), 128, 1.3 * _BAR * len(blocks), x, bargap=0.35)


def _bar_figure(
    bars: Sequence[Any],
    dark: bool,
    titles: tuple[str, str],
    left: int,
    height: float,
    x: dict[str, Any],
    **more: Any,
) -> go.Figure:
    """Horizontal bars, the first one on top, `left` pixels for their names; no zooming."""
    figure = look.figure(
        bars,
        dark,
        (*titles, ""),
        xaxis={**x, "fixedrange": True},
        yaxis={"autorange": "reversed", "fixedrange": True, "gridcolor": look.CLEAR},
        height=_FRAME + height,
        margin={"l": left, "r": 58, "t": 40, "b": 48},
        showlegend=False,
        dragmode=False,
        **more,
    )
    figure.layout.title.xref, figure.layout.title.x = "container", 0.02
    return figure


def _bars(
    name: str,
    anatomy: Anatomy,
    quantity: Quantity,
    unit: float,
    most: float,
    say: Speaker,
    dark: bool,
) -> list[go.Bar]:
    """One part a stage; the larger its maps, the stronger its colour."""
    colour = theme.colour(anatomy.spec.family, anatomy.spec.depth, dark)
    bars = []
    for stage, place in _placed(anatomy):
        value = getattr(stage, quantity) / unit
        label = say("architecture.dense") if place == 0 else f"{stage.out_shape[1]}²"
        alpha = _FAINTEST + (1 - _FAINTEST) * place
        bars.append(
            go.Bar(
                x=[float(f"{value:.4g}")],
                y=[name],
                orientation="h",
                marker={
                    "color": theme.translucent(colour, alpha),
                    "line": {"color": look.ink(dark).paper, "width": 1},
                },
                text=[label if value > _READABLE * most else ""],
                textposition="inside",
                insidetextanchor="middle",
                textangle=0,
                textfont={"size": 12, "color": _ink_on(colour, alpha, dark)},
                hovertemplate=f"<b>{name}</b> · {label}<br>%{{x:,.3~g}}<extra></extra>",
            )
        )
    return bars


def _placed(anatomy: Anatomy) -> list[tuple[StageFacts, float]]:
    """The stages, each with 1 for the image's own size and less the smaller its maps are."""
    count = len(anatomy.stages) - 1
    *stages, head = anatomy.stages
    return [*((stage, 1 - number / count) for number, stage in enumerate(stages)), (head, 0.0)]


def _ink_on(colour: str, alpha: float, dark: bool) -> str:
    """Return the page's text or ground colour, whichever has more contrast on a bar."""
    inks = look.ink(dark)
    mixed = zip(theme.rgb(colour), theme.rgb(inks.paper), strict=True)
    bar = _luminance([alpha * part + (1 - alpha) * ground for part, ground in mixed])
    return max(inks.text, inks.paper, key=lambda ink: _contrast(_luminance(theme.rgb(ink)), bar))


def _luminance(parts: Sequence[float]) -> float:
    """Return the relative luminance, as defined by WCAG, of parts from 0 to 255."""
    shares = [part / 255 for part in parts]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def _totals(
    named: Sequence[tuple[str, Anatomy]], quantity: Quantity, unit: float, dark: bool
) -> list[dict[str, Any]]:
    values = {name: getattr(anatomy, quantity) / unit for name, anatomy in named}
    place = {"xanchor": "left", "xshift": 6}
    return [
        look.note(f"<b>{three_digits(x)}</b>", look.ink(dark).text, 13, x=x, y=name, **place)
        for name, x in values.items()
    ]


def _printed_values(
    named: Sequence[tuple[str, Anatomy]], paper: Mapping[str, float], unit: float
) -> list[tuple[int, str, float]]:
    """Return row, name and value of the networks for which the paper prints one."""
    values = [paper.get(anatomy.spec.name.removeprefix("imagenet/")) for _, anatomy in named]
    return [
        (row, name, value * 1e9 / unit)
        for row, ((name, _), value) in enumerate(zip(named, values, strict=True))
        if value is not None
    ]


def _paper_line(row: int, value: float, dark: bool) -> dict[str, Any]:
    line = {"color": look.ink(dark).text, "width": 2, "dash": "dot"}
    ends = {"x0": value, "x1": value, "y0": row - 0.5, "y1": row + 0.5}
    return {"type": "line", **ends, "line": line}


def three_digits(value: float) -> str:
    """ "0.0406", "11.3", "1,280": without powers of ten."""
    return f"{float(f'{value:.3g}'):,g}"


def steps_figure(
    steps: Sequence[tuple[str, Anatomy]], paper: Mapping[str, float], say: Speaker, dark: bool
) -> go.Figure:
    """Draw the multiply-adds of each step so far, the paper's values dashed."""
    figure = work_figure(steps, "multiply_adds", paper, say, dark)
    figure.update_layout(xaxis_range=[0, 21.5])
    return figure


@dataclass(frozen=True)
class Sight:
    """Receptive fields of one network's layers.

    Attributes:
        label, family, depth: of the network.
        layers: names, in order.
        sizes: of each layer's receptive field, pixels.
        image_size: pixels.
        marked: position of the selected layer, or None.
    """

    label: str
    family: str
    depth: int
    layers: tuple[str, ...]
    sizes: tuple[int, ...]
    image_size: int
    marked: int | None = None


def field_figure(sights: Sequence[Sight], say: Speaker, dark: bool) -> go.Figure:
    """Draw a curve a network; dashed, the size of the image itself."""
    widths = _WIDTHS[len(_WIDTHS) - len(sights) :]
    traces = [_curve(sight, width, dark) for sight, width in zip(sights, widths, strict=True)]
    traces += [_ring(sight, dark) for sight in sights if sight.marked is not None]
    sizes = sorted({sight.image_size for sight in sights})
    name, x, y = (say(f"architecture.field.{part}") for part in ("figure", "x", "y"))
    quiet = look.ink(dark).quiet
    texts = {size: say("architecture.field.image", size=size) for size in sizes}
    place = {"xref": "paper", "x": 0.01, "xanchor": "left", "yanchor": "bottom"}
    return look.figure(
        traces,
        dark,
        (name, x, y),
        yaxis={"rangemode": "tozero"},
        shapes=[look.level_line(size, quiet, 1.5) for size in sizes],
        annotations=[look.note(texts[size], quiet, 12, y=size, **place) for size in sizes],
    )


def _curve(sight: Sight, width: float, dark: bool) -> go.Scatter:
    colour = theme.colour(sight.family, sight.depth, dark)
    return go.Scatter(
        x=list(range(1, len(sight.sizes) + 1)),
        y=list(sight.sizes),
        mode="lines+markers",
        line={"color": colour, "width": width, "shape": "hv"},
        marker={"size": 4},
        name=sight.label,
        customdata=list(sight.layers),
        hovertemplate=f"<b>{sight.label}</b> · %{{customdata}}<br>%{{y}} px<extra></extra>",
    )


def _ring(sight: Sight, dark: bool) -> go.Scatter:
    """A ring round the selected layer."""
    assert sight.marked is not None
    marker = {"size": 14, "symbol": "circle-open", "color": look.ink(dark).text}
    return go.Scatter(
        x=[sight.marked + 1],
        y=[sight.sizes[sight.marked]],
        mode="markers",
        marker={**marker, "line": {"width": 3}},
        showlegend=False,
        hoverinfo="skip",
    )
