"""The lesson's pictures as numbers that the browser draws; see `widgets/lesson/picture.mjs`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from app import theme
from app.language.texts import Speaker

# Colours of what belongs to no family, on light and on dark.
_OTHER = ("#5b6775", "#9aa7b5")


@dataclass(frozen=True)
class Curve:
    """A curve, or dots.

    Attributes:
        id: of the part of the picture, by which sentences speak of it.
        label: a network's name, or the name of an entry under `lesson.part`.
        after: it is shown once the question is answered.
        paper: the paper's own values, dashed.
    """

    id: str
    label: str
    family: str
    depth: int
    points: tuple[tuple[float, float], ...]
    after: bool = False
    thin: bool = False
    dots: bool = False
    paper: bool = False


@dataclass(frozen=True)
class Bar:
    """A bar; its label is the entry `lesson.part.ID`."""

    id: str
    family: str
    depth: int
    value: float
    after: bool = False


@dataclass(frozen=True)
class Scene:
    """One picture: axes, and what is drawn between them.

    Attributes:
        x, y: names of the axes' titles under `lesson.axis`.
        low, high: the y axis, or the bars' axis.
    """

    kind: Literal["curves", "bars", "blocks"]
    x: str = ""
    y: str = ""
    low: float = 0.0
    high: float = 1.0
    low_x: float = 0.0
    high_x: float = 1.0
    log: bool = False
    log_x: bool = False
    curves: tuple[Curve, ...] = ()
    bars: tuple[Bar, ...] = ()


def drawn(scene: Scene, say: Speaker, named: Callable[[str], str]) -> dict[str, Any]:
    """Return the scene as JSON, with both themes' colours.

    Args:
        named: gives the words of a part's label.
    """
    axes = {
        "x": say(f"lesson.axis.{scene.x}") if scene.x else "",
        "y": say(f"lesson.axis.{scene.y}") if scene.y else "",
    }
    numbers = {
        name: getattr(scene, name)
        for name in ("kind", "low", "high", "low_x", "high_x", "log", "log_x")
    }
    parts = [_curve(curve, named) for curve in scene.curves]
    return {**axes, **numbers, "curves": parts, "bars": [_bar(bar, named) for bar in scene.bars]}


def _curve(curve: Curve, named: Callable[[str], str]) -> Mapping[str, Any]:
    flags = {name: True for name in ("after", "thin", "dots", "paper") if getattr(curve, name)}
    points = [list(point) for point in curve.points]
    label = named(curve.label)
    colour = _colours(curve.family, curve.depth)
    return {"id": curve.id, "label": label, "colour": colour, "points": points, **flags}


def _bar(bar: Bar, named: Callable[[str], str]) -> Mapping[str, Any]:
    colour = _colours(bar.family, bar.depth)
    flags = {"after": True} if bar.after else {}
    return {"id": bar.id, "label": named(bar.id), "colour": colour, "value": bar.value, **flags}


def _colours(family: str, depth: int) -> tuple[str, str]:
    if family == "other":
        return _OTHER
    return theme.colour(family, depth, dark=False), theme.colour(family, depth, dark=True)
