"""Typed state of pages, to and from the parameters of a URL.

Pasting a page's URL elsewhere shows the same. A value that cannot be read falls back
to its default, and the page says so in a sentence; it is never a traceback.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, get_args

Axis = Literal["iterations", "epochs", "seconds"]
Order = Literal["layer", "sorted"]
Measured = Literal["running", "fixed"]

AXES: tuple[Axis, ...] = get_args(Axis)
ORDERS: tuple[Order, ...] = get_args(Order)
MEASURES: tuple[Measured, ...] = get_args(Measured)
SMOOTHEST = 0.95

_RUN_ID = re.compile(r"[a-z0-9][a-z0-9-]{3,63}", re.ASCII)
_MOST_RUNS = 400


@dataclass(frozen=True)
class View:
    """How charts of runs are looked at; every field but `at` is the same for all panels.

    Attributes:
        x: what time is counted in.
        order: layers from input to output, or by size as in the lower half of Fig. 7.
        log: logarithmic vertical axes; gradient norms, which span decades, always have one.
        smooth: weight of the past in the exponential moving average, 0 to 0.95.
        error: training error over the mini-batches since the last record (`running_error`),
            or on the fixed images, which are evaluated less often.
        heat: a layer-by-time map in place of the curves over layers.
        at: the scrubbed time in units of `x`; None follows the newest.
        hidden: labels of the curves that were switched off.
        zoom: the error panel's window, x and y, or None for all of it.
    """

    x: Axis = "iterations"
    order: Order = "layer"
    log: bool = False
    smooth: float = 0.0
    error: Measured = "running"
    heat: bool = False
    at: float | None = None
    hidden: tuple[str, ...] = ()
    zoom: tuple[float, float, float, float] | None = None

    def to_query(self) -> dict[str, str]:
        """The fields that differ from their defaults."""
        return {
            item.name: _as_text(getattr(self, item.name))
            for item in fields(self)
            if getattr(self, item.name) != item.default
        }

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple[View, list[str]]:
        """The view, and the parameters whose values could not be used."""
        found: dict[str, Any] = {}
        unusable = []
        for item in fields(cls):
            if item.name in query:
                try:
                    found[item.name] = _READERS[item.name](query[item.name])
                except ValueError:
                    unusable.append(item.name)
        return cls(**found), unusable

    def changed(self, **values: Any) -> View:
        return replace(self, **values)


@dataclass(frozen=True)
class PuzzleState:
    """The home page: the group of runs that it shows, "" for the recording it begins with."""

    run: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> PuzzleState:
        return cls(query.get("run", "")[:64])


@dataclass(frozen=True)
class CompareState:
    """The Compare page: which runs, and how they are looked at."""

    runs: tuple[str, ...] = ()
    view: View = field(default_factory=View)

    def to_query(self) -> dict[str, str]:
        """Always with `runs`: an empty list is a choice, too."""
        return {"runs": ",".join(self.runs), **self.view.to_query()}

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple[CompareState, list[str]]:
        """The state, and the parameters (or ids) that could not be used."""
        view, unusable = View.from_query(query)
        asked = list(dict.fromkeys(filter(None, query.get("runs", "").split(","))))
        ids = [run_id for run_id in asked if is_run_id(run_id)]
        unusable += [run_id[:40] for run_id in asked if not is_run_id(run_id)][:5]
        return cls(tuple(ids[:_MOST_RUNS]), view), unusable


def is_run_id(text: str) -> bool:
    """Whether the text has the form of a run's id or a group's name."""
    return bool(_RUN_ID.fullmatch(text))


def _choice(options: tuple[str, ...]) -> Any:
    def read(text: str) -> str:
        if text not in options:
            raise ValueError(text)
        return text

    return read


def _switch(text: str) -> bool:
    if text not in {"0", "1"}:
        raise ValueError(text)
    return text == "1"


def _number(text: str, low: float = 0.0, high: float = 1e12) -> float:
    value = float(text)
    if not (math.isfinite(value) and low <= value <= high):
        raise ValueError(text)
    return value


def _smoothing(text: str) -> float:
    return _number(text, 0.0, SMOOTHEST)


def _labels(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text[:4000].split("|")))


def _window(text: str) -> tuple[float, float, float, float]:
    parts = [_number(part, -1e12) for part in text.split(",")]
    if len(parts) != 4 or parts[0] >= parts[1] or parts[2] >= parts[3]:
        raise ValueError(text)
    return parts[0], parts[1], parts[2], parts[3]


_READERS: dict[str, Any] = {
    "x": _choice(AXES),
    "order": _choice(ORDERS),
    "log": _switch,
    "smooth": _smoothing,
    "error": _choice(MEASURES),
    "heat": _switch,
    "at": _number,
    "hidden": _labels,
    "zoom": _window,
}


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, tuple):
        numbers = all(isinstance(part, float) for part in value)
        return ",".join(f"{part:.6g}" for part in value) if numbers else "|".join(value)
    return "" if value is None else str(value)
