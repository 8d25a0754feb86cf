"""What is marked beside the error curves: drops of the learning rate, the paper's values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from app.figures import look
from app.figures.paper import paper_errors
from app.figures.series import Series
from app.language.texts import Speaker
from app.page_state.view import View

_MOST_PLANNED, _MOST_FOUND = 4, 12
_CLEARLY = 0.5  # of the rate before: more than a ramp or rounding changes it
# A label's width as a share of the axis, about.
_LABEL_ROOM = 0.13


@dataclass(frozen=True, order=True)
class Drop:
    """The learning rate falls.

    Attributes:
        at: when, in the units of the chart.
        colour: of the curve for which it falls; of none where it was planned.
    """

    at: float
    colour: str


def drops(series: Sequence[Series], view: View, dark: bool) -> list[Drop]:
    """When the learning rate falls: as planned, where the curves agree enough to be marked
    together; after plateaus, which every run finds for itself, as recorded."""
    planned: set[Drop] = set()
    found: set[Drop] = set()
    for one in (trained for trained in series if not trained.imported):
        experiment = one.records[0].experiment
        by_plateau = experiment.schedule == "plateau"
        colour = look.colour(one, dark) if by_plateau else look.ink(dark).quiet
        for drop in _recorded(one) if by_plateau else experiment.drops:
            place = _time_of(one, drop, view)
            if place is not None:
                (found if by_plateau else planned).add(Drop(round(place, 3), colour))
    shown = planned if len(planned) <= _MOST_PLANNED else set()
    return sorted(shown | (found if len(found) <= _MOST_FOUND else set()))


def _recorded(one: Series) -> list[int]:
    """The iterations after which a member's rate was lower. A rate on record is that of the last
    update; and a plateau ends with an evaluation, which is always recorded."""
    iterations: set[int] = set()
    for member in one.members:
        frame = member.telemetry.frame
        if not frame.empty:
            rates = frame["learning_rate"].to_numpy()
            falls = np.flatnonzero(rates[1:] < rates[:-1] * _CLEARLY)
            iterations.update(frame["iteration"].to_numpy()[falls].tolist())
    return sorted(iterations)


def _time_of(one: Series, iteration: int, view: View) -> float | None:
    if view.x == "iterations":
        return float(iteration)
    frame = one.members[0].telemetry.frame
    if frame.empty or frame["iteration"].iloc[-1] < iteration:
        return None
    reached = np.interp(iteration, frame["iteration"], np.arange(len(frame)))
    return float(np.interp(reached, np.arange(len(one.time)), one.time))


def drop_lines(series: Sequence[Series], view: View, dark: bool) -> list[dict[str, Any]]:
    return [
        {
            "type": "line",
            "name": "drop",
            "x0": drop.at,
            "x1": drop.at,
            "y0": 0,
            "y1": 1,
            "yref": "paper",
            "line": {"color": drop.colour, "width": 1, "dash": "dot"},
            "opacity": 0.7,
            "layer": "below",
        }
        for drop in drops(series, view, dark)
    ]


def drop_labels(
    series: Sequence[Series], view: View, say: Speaker, dark: bool
) -> list[dict[str, Any]]:
    """The first drop says what falls, to its left; the others only say that it falls again."""
    return [
        {
            "name": "drop",
            "x": drop.at,
            "y": 1,
            "yref": "paper",
            "yanchor": "bottom",
            "xanchor": "left" if index else "right",
            "text": say("charts.error.drop_again" if index else "charts.error.drop"),
            "showarrow": False,
            "font": {"size": 11, "color": drop.colour},
        }
        for index, drop in enumerate(_apart(drops(series, view, dark)))
    ]


def _apart(drops: list[Drop]) -> list[Drop]:
    """Those whose labels do not run into the one before; only the lines show the others."""
    kept = drops[:1]
    for drop in drops[1:]:
        if drop.at - kept[-1].at > _LABEL_ROOM * drops[-1].at:
            kept.append(drop)
    return kept


def paper_lines(series: Sequence[Series], dark: bool) -> list[dict[str, Any]]:
    return [
        {
            "type": "line",
            "name": "paper",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": value,
            "y1": value,
            "line": {"color": look.colour(one, dark), "width": 1.2, "dash": "dash"},
        }
        for one, value in paper_errors(series)
    ]


def paper_labels(series: Sequence[Series], say: Speaker, dark: bool) -> list[dict[str, Any]]:
    return [
        {
            "name": "paper",
            "xref": "paper",
            "x": 0.01,
            "xanchor": "left",
            "y": value,
            "yanchor": "top",
            "text": say("charts.error.paper", network=one.label, value=f"{value:.2f}"),
            "showarrow": False,
            "font": {"size": 11, "color": look.colour(one, dark)},
        }
        for one, value in paper_errors(series)
    ]
