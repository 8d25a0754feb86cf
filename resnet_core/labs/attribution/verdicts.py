"""Verdict on one picture's maps: the sum of their parts. Arithmetic only."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from resnet_core.labs.attribution.question import NAMES
from resnet_core.labs.events import Value, Verdict

_MOST_MISSED = 1.0  # percent


@dataclass(frozen=True)
class Sum:
    """The part of the logit's difference missing from a map's sum, percent; nan: undefined."""

    method: str
    percent: float


def verdict(scored: Mapping[str, Value], sums: Sequence[Sum]) -> Verdict:
    """Judge the sum with the largest gap.

    Args:
        scored: a row of `scores`.
    """
    values = {name: scored[name] for name in ("label", "predicted", "probability")}
    values["target"] = scored["target_class"]
    if not sums:
        return Verdict("no_sum", values)
    finite = [one for one in sums if not math.isnan(one.percent)]
    if not finite:
        return Verdict("flat", values)
    worst = max(finite, key=lambda one: one.percent)
    values |= {"method": NAMES[worst.method], "percent": worst.percent}
    return Verdict("adds_up" if worst.percent < _MOST_MISSED else "misses", values)
