"""Decisions by measurements: intervals against thresholds, and networks at guessing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import stdev

ERRORS = 2.0  # standard errors on either side of a value: about 95 % of chance
# The share of guessing's error by which a network must be better before it counts as trained:
# of ten classes, ten points.
_LEARNED = 1 / 9


def side(value: float, error: float, threshold: float = 0.0) -> int:
    """Return 1 where the value lies above the threshold, -1 below, 0 where chance allows both.

    Args:
        error: standard error of the value.
    """
    distance = value - threshold
    if not abs(distance) > ERRORS * error:
        return 0
    return 1 if distance > 0 else -1


def spread(values: Sequence[float]) -> float:
    """Standard error of the mean of a few values; 0 for fewer than two."""
    return stdev(values) / math.sqrt(len(values)) if len(values) > 1 else 0.0


def share_error(images: int) -> float:
    """Largest standard error of a percentage of so many images, points."""
    return 50 / math.sqrt(images)


def near_guessing(error: float, chance: float) -> bool:
    """Check that a network is hardly better than a guess: a diverged one, or one that is stuck.

    Args:
        error: of the network, percent; not a number where its training diverged.
        chance: error of a guess, percent.
    """
    return not error <= (1 - _LEARNED) * chance
