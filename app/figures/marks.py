"""Marks beside the error curves: drops of the learning rate, the paper's values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.figures import look
from app.figures.series import Series
from app.language.texts import Speaker
from app.page_state.view import View
from resnet_core.paper.cifar import TEST_ERROR
from resnet_core.runs.cifar10 import repeats_the_paper

_MOST_PLANNED, _MOST_RECORDED = 4, 12
_CLEARLY = 0.5  # of the rate before: more than a ramp or rounding changes it
_LABEL_WIDTH = 0.13  # of the axis, about


@dataclass(frozen=True, order=True)
class Drop:
    """A fall of the learning rate.

    Attributes:
        at: time in the units of the chart.
        colour: of the curve whose rate falls after a plateau, else grey.
    """

    at: float
    colour: str


def learning_rate_marks(
    series: Sequence[Series], view: View, say: Speaker, dark: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return a line for every drop, and labels: the first one in full to the left of its line,
    the others in short, without those that would run into the one before."""
    drops = _drops(series, view, dark)
    lines = [
        {
            **{"type": "line", "name": "drop", "yref": "paper", "opacity": 0.7, "layer": "below"},
            **{"x0": drop.at, "x1": drop.at, "y0": 0, "y1": 1},
            "line": {"color": drop.colour, "width": 1, "dash": "dot"},
        }
        for drop in drops
    ]
    labelled = drops[:1]
    for drop in drops[1:]:
        if drop.at - labelled[-1].at > _LABEL_WIDTH * drops[-1].at:
            labelled.append(drop)
    labels = [
        {
            **{"name": "drop", "x": drop.at, "y": 1, "yref": "paper", "yanchor": "bottom"},
            "xanchor": "left" if index else "right",
            "text": say("charts.error.drop_again" if index else "charts.error.drop"),
            "showarrow": False,
            "font": {"size": 11, "color": drop.colour},
        }
        for index, drop in enumerate(labelled)
    ]
    return lines, labels


def _drops(series: Sequence[Series], view: View, dark: bool) -> list[Drop]:
    """Planned drops, where the curves agree enough to be marked together, and recorded drops
    after plateaus, which differ from run to run."""
    planned: set[Drop] = set()
    recorded: set[Drop] = set()
    for curve in series:
        if curve.imported:
            continue
        experiment = curve.records[0].experiment
        by_plateau = experiment.schedule == "plateau"
        colour = look.colour(curve, dark) if by_plateau else look.ink(dark).quiet
        for iteration in _recorded_drops(curve) if by_plateau else experiment.drops:
            time = _time_of(curve, iteration, view)
            if time is not None:
                (recorded if by_plateau else planned).add(Drop(round(time, 3), colour))
    marked = planned if len(planned) <= _MOST_PLANNED else set()
    return sorted(marked | (recorded if len(recorded) <= _MOST_RECORDED else set()))


def _recorded_drops(series: Series) -> list[int]:
    """The iterations after which a member's rate was lower. A recorded rate is that of the last
    update; and a plateau ends with an evaluation, which is always recorded."""
    iterations: set[int] = set()
    for member in series.members:
        frame = member.telemetry.frame
        if not frame.empty:
            rates = frame["learning_rate"].to_numpy()
            falls = np.flatnonzero(rates[1:] < rates[:-1] * _CLEARLY)
            iterations.update(frame["iteration"].to_numpy()[falls].tolist())
    return sorted(iterations)


def _time_of(series: Series, iteration: int, view: View) -> float | None:
    if view.x == "iterations":
        return float(iteration)
    frame = series.members[0].telemetry.frame
    if frame.empty or frame["iteration"].iloc[-1] < iteration:
        return None
    row = np.interp(iteration, frame["iteration"], np.arange(len(frame)))
    return float(np.interp(row, np.arange(len(series.time)), series.time))


def paper_marks(
    series: Sequence[Series], say: Speaker, dark: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return a dashed line and a label for each test error that the paper prints."""
    lines, labels = [], []
    for curve, percent in paper_errors(series):
        colour = look.colour(curve, dark)
        lines.append(
            {
                **{"type": "line", "name": "paper", "xref": "paper"},
                **{"x0": 0, "x1": 1, "y0": percent, "y1": percent},
                "line": {"color": colour, "width": 1.2, "dash": "dash"},
            }
        )
        labels.append(
            {
                **{"name": "paper", "xref": "paper", "x": 0.01, "xanchor": "left"},
                **{"y": percent, "yanchor": "top", "showarrow": False},
                "text": say("charts.error.paper", network=curve.label, value=f"{percent:.2f}"),
                "font": {"size": 11, "color": colour},
            }
        )
    return lines, labels


def paper_errors(series: Sequence[Series]) -> list[tuple[Series, float]]:
    """The curves for which the paper states a test error, with that error in percent."""
    return [
        (curve, TEST_ERROR[curve.depth])
        for curve in series
        if not curve.imported
        and curve.depth in TEST_ERROR
        and all(repeats_the_paper(record) for record in curve.records)
    ]
