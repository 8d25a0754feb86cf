"""Where networks have their multiply-adds and their parameters: bars, in parts by map size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import plotly.graph_objects as go

from app import theme
from app.figures import look
from app.language.texts import Speaker
from resnet_core.anatomy import Anatomy, StageFacts

Quantity = Literal["multiply_adds", "parameters"]
_UNITS: dict[Quantity, float] = {"multiply_adds": 1e9, "parameters": 1e6}
_SMALL_UNITS: dict[Quantity, float] = {"multiply_adds": 1e6, "parameters": 1e3}
_BAR, _FRAME = 36, 96  # pixels: a bar and its gap; title, axis and legend
_FAINTEST = 0.25
_READABLE = 0.045  # of the axis: a part that is smaller has no room for its name


def work_figure(
    named: Sequence[tuple[str, Anatomy]],
    quantity: Quantity,
    paper: Mapping[str, float],
    say: Speaker,
    dark: bool,
) -> go.Figure:
    """One bar a network, first one on top, in parts by the size of the maps worked on.

    Args:
        named: what each network is called, and its anatomy.
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
    layout = look.layout(dark, title, say(f"architecture.axis.{quantity}{size}"), "")
    layout |= {
        "barmode": "stack",
        "bargap": 0.28,
        "height": _FRAME + _BAR * len(named),
        "margin": {"l": 96, "r": 58, "t": 40, "b": 48},
        "showlegend": False,
        "dragmode": False,
        "uniformtext": {"minsize": 10, "mode": "hide"},
        "annotations": _totals(named, quantity, unit, dark),
    }
    layout["title"] |= {"xref": "container", "x": 0.02}
    layout["xaxis"] |= {"range": [0, most * 1.06], "fixedrange": True}
    layout["yaxis"] |= {"autorange": "reversed", "fixedrange": True, "gridcolor": "rgba(0,0,0,0)"}
    if quantity == "multiply_adds":
        layout["shapes"] = _paper_lines(named, paper, unit, dark)
        traces += _paper_hover(named, paper, unit, say, dark)
    return go.Figure(traces, layout)


def _bars(
    name: str,
    anatomy: Anatomy,
    quantity: Quantity,
    unit: float,
    most: float,
    say: Speaker,
    dark: bool,
) -> list[go.Bar]:
    """A part for each stage; the larger its maps, the stronger its colour."""
    colour = theme.colour(anatomy.spec.family, anatomy.spec.depth, dark)
    bars = []
    for stage, place in _placed(anatomy):
        value = getattr(stage, quantity) / unit
        called = say("architecture.dense") if place == 0 else f"{stage.out_shape[1]}²"
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
                text=[called if value > _READABLE * most else ""],
                textposition="inside",
                insidetextanchor="middle",
                textangle=0,
                textfont={"size": 12, "color": _ink_on(colour, alpha, dark)},
                hovertemplate=f"<b>{name}</b> · {called}<br>%{{x:,.3~g}}<extra></extra>",
            )
        )
    return bars


def _placed(anatomy: Anatomy) -> list[tuple[StageFacts, float]]:
    """The stages, each with 1 for the image's own size and less the smaller its maps are."""
    count = len(anatomy.stages) - 1
    *stages, head = anatomy.stages
    return [*((stage, 1 - number / count) for number, stage in enumerate(stages)), (head, 0.0)]


def _ink_on(colour: str, alpha: float, dark: bool) -> str:
    """The page's text colour or its ground, whichever stands out more on a bar."""
    used = look.ink(dark)
    over = zip(_parts(colour), _parts(used.paper), strict=True)
    bar = _luminance([alpha * one + (1 - alpha) * ground for one, ground in over])
    inks = (used.text, used.paper)
    return max(inks, key=lambda one: _contrast(_luminance(_parts(one)), bar))


def _parts(hexcode: str) -> list[float]:
    """Red, green and blue of "#rrggbb", from 0 to 1."""
    return [int(hexcode[start : start + 2], 16) / 255 for start in (1, 3, 5)]


def _luminance(parts: Sequence[float]) -> float:
    """Relative luminance, as WCAG has it."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def _totals(
    named: Sequence[tuple[str, Anatomy]], quantity: Quantity, unit: float, dark: bool
) -> list[dict[str, Any]]:
    return [
        {
            "x": getattr(anatomy, quantity) / unit,
            "y": name,
            "text": f"<b>{three_digits(getattr(anatomy, quantity) / unit)}</b>",
            "showarrow": False,
            "xanchor": "left",
            "xshift": 6,
            "font": {"size": 13, "color": look.ink(dark).text},
        }
        for name, anatomy in named
    ]


def _of_paper(
    named: Sequence[tuple[str, Anatomy]], paper: Mapping[str, float], unit: float
) -> list[tuple[int, str, float]]:
    """Position, name and value of the networks for which the paper prints one."""
    found = []
    for position, (name, anatomy) in enumerate(named):
        value = paper.get(anatomy.spec.name.removeprefix("imagenet/"))
        if value is not None:
            found.append((position, name, value * 1e9 / unit))
    return found


def _paper_lines(
    named: Sequence[tuple[str, Anatomy]], paper: Mapping[str, float], unit: float, dark: bool
) -> list[dict[str, Any]]:
    return [
        {
            "type": "line",
            "x0": value,
            "x1": value,
            "y0": position - 0.5,
            "y1": position + 0.5,
            "line": {"color": look.ink(dark).text, "width": 2, "dash": "dot"},
        }
        for position, _, value in _of_paper(named, paper, unit)
    ]


def _paper_hover(
    named: Sequence[tuple[str, Anatomy]],
    paper: Mapping[str, float],
    unit: float,
    say: Speaker,
    dark: bool,
) -> list[go.Scatter]:
    """An unseen point on each dashed line, to be pointed at."""
    lines = _of_paper(named, paper, unit)
    if not lines:
        return []
    return [
        go.Scatter(
            x=[value for _, _, value in lines],
            y=[name for _, name, _ in lines],
            mode="markers",
            marker={"size": 12, "opacity": 0, "color": look.ink(dark).text},
            hovertemplate=f"{say('architecture.paper')} %{{x:.3~g}}<extra></extra>",
        )
    ]


def three_digits(value: float) -> str:
    """ "0.0406", "11.3", "1,280": never as a power of ten."""
    return f"{float(f'{value:.3g}'):,g}"


def steps_figure(
    steps: Sequence[tuple[str, Anatomy]], paper: Mapping[str, float], say: Speaker, dark: bool
) -> go.Figure:
    """The multiply-adds of each step so far, the paper's values dashed."""
    figure = work_figure(steps, "multiply_adds", paper, say, dark)
    figure.update_layout(xaxis_range=[0, 21.5])
    return figure


def block_figure(
    blocks: Sequence[tuple[str, int, str]], title: str, axis: str, dark: bool
) -> go.Figure:
    """One bar a block: its name, its multiply-adds, and its family for the colour."""
    layout = look.layout(dark, title, axis, "")
    values = [float(f"{value / 1e6:.4g}") for _, value, _ in blocks]
    layout |= {
        "bargap": 0.35,
        "height": _FRAME + 1.3 * _BAR * len(blocks),
        "margin": {"l": 128, "r": 58, "t": 40, "b": 48},
        "showlegend": False,
        "dragmode": False,
    }
    layout["title"] |= {"xref": "container", "x": 0.02}
    layout["xaxis"] |= {
        "range": [0, max(values, default=1) * 1.12],
        "fixedrange": True,
        "nticks": 5,
        "tickangle": 0,
    }
    layout["yaxis"] |= {"autorange": "reversed", "fixedrange": True, "gridcolor": "rgba(0,0,0,0)"}
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
    return go.Figure([bars], layout)
