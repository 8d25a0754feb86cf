"""Measurement of one step of the lesson, and the check of an answer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from app.figures.lesson import Scene
from app.page_data.lesson.steps import Step
from resnet_core.errors import InvalidSetting

_MOST_POINTS = 60  # of a curve

Points = Sequence[tuple[float, float]]
Answer = str | float | Points


@dataclass(frozen=True)
class Measured:
    """The answer to one step's question.

    Attributes:
        answer: the right option, the measured number, or the measured curve.
        low, high: the range in which a number, or the end of a drawn curve, counts as right.
        outcome: one of the step's; names its sentence of why.
        values: of the placeholders in the step's sentences.
        scene: the picture, with what is revealed after the answer marked as such.
        runs: ids of the recordings that were measured.
        data: title of the data; "" for what is computed without any.
    """

    answer: Answer
    outcome: str
    values: Mapping[str, str]
    scene: Scene
    low: float = 0.0
    high: float = 0.0
    runs: tuple[str, ...] = ()
    data: str = ""


def is_right(step: Step, measured: Measured, answer: Answer) -> bool:
    """Return whether an answer counts as right.

    Args:
        answer: an option's name, a number, or the points of a curve, x rising.

    Raises:
        InvalidSetting: the step is answered in another way.
    """
    if step.kind == "choose":
        if answer not in step.options:
            raise InvalidSetting("answer", "page.answer_option", options=step.options)
        return answer == measured.answer
    value = _end(answer) if step.kind == "curve" and not isinstance(answer, str) else answer
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidSetting("answer", "page.answer_number")
    return measured.low <= value <= measured.high


def _end(points: float | Points) -> float | None:
    """Return the height of a curve's last point."""
    return float(points[-1][1]) if not isinstance(points, int | float) and len(points) else None


def thinned(x: Sequence[float], y: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """Return at most 60 points of a curve, evenly spaced, the ends included."""
    places = np.unique(np.linspace(0, len(x) - 1, min(len(x), _MOST_POINTS)).round().astype(int))
    return tuple((round(float(x[place]), 2), float(f"{float(y[place]):.4g}")) for place in places)


def percent(value: float) -> str:
    return f"{value:.0f}"
