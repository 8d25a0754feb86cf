"""What is marked beside the error curves: drops of the learning rate, the paper's values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from app.figures import look
from app.figures.paper import paper_errors
from app.figures.series import Series
from app.state import View
from app.texts import Speaker

_MOST_DROPS = 4
# A label's width as a share of the axis, about.
_LABEL_ROOM = 0.08


def drop_times(series: Sequence[Series], view: View) -> list[float]:
    """When the learning rate falls, where the curves agree enough to be marked together."""
    found: set[float] = set()
    for one in (trained for trained in series if not trained.imported):
        for drop in one.records[0].experiment.drops:
            place = _time_of(one, drop, view)
            if place is not None:
                found.add(round(place, 3))
    return sorted(found) if len(found) <= _MOST_DROPS else []


def _time_of(one: Series, iteration: int, view: View) -> float | None:
    if view.x == "iterations":
        return float(iteration)
    frame = one.members[0].telemetry.frame
    if frame.empty or frame["iteration"].iloc[-1] < iteration:
        return None
    reached = np.interp(iteration, frame["iteration"], np.arange(len(frame)))
    return float(np.interp(reached, np.arange(len(one.time)), one.time))


def drop_lines(series: Sequence[Series], view: View, dark: bool) -> list[dict[str, Any]]:
    line = {"color": look.ink(dark).quiet, "width": 1, "dash": "dot"}
    return [
        {
            "type": "line",
            "name": "drop",
            "x0": at,
            "x1": at,
            "y0": 0,
            "y1": 1,
            "yref": "paper",
            "line": line,
            "opacity": 0.7,
            "layer": "below",
        }
        for at in drop_times(series, view)
    ]


def drop_labels(
    series: Sequence[Series], view: View, say: Speaker, dark: bool
) -> list[dict[str, Any]]:
    """The first drop says what falls, to its left; the others only say that it falls again."""
    return [
        {
            "name": "drop",
            "x": at,
            "y": 1,
            "yref": "paper",
            "yanchor": "bottom",
            "xanchor": "left" if index else "right",
            "text": say("charts.error.drop_again" if index else "charts.error.drop"),
            "showarrow": False,
            "font": {"size": 11, "color": look.ink(dark).quiet},
        }
        for index, at in enumerate(_apart(drop_times(series, view)))
    ]


def _apart(times: list[float]) -> list[float]:
    """Those whose labels do not run into the one before; only the lines show the others."""
    kept = times[:1]
    for at in times[1:]:
        if at - kept[-1] > _LABEL_ROOM * times[-1]:
            kept.append(at)
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
