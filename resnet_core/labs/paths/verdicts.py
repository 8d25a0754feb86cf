"""Verdict on the lengths of the paths that carry the gradient. Arithmetic only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import linear_regression

from resnet_core.labs.events import Value, Verdict

_EVEN = 0.05  # of the blocks: a smaller difference in mean length is none
_TAIL = 0.05  # of the gradient, left out at either end


@dataclass(frozen=True)
class Length:
    """The paths through so many branches.

    Attributes:
        paths: their number.
        sampled: the number that was measured.
        gradient: the mean of their gradients' norms.
        uncertainty: standard error of this mean; 0 where all were measured.
    """

    length: int
    paths: int
    sampled: int
    gradient: float
    uncertainty: float

    @property
    def carried(self) -> float:
        """The sum over all paths of the length: number times gradient."""
        return self.paths * self.gradient


def effective(lengths: Sequence[Length]) -> float:
    """The mean length of the paths, each counted by the gradient that it carries."""
    return sum(one.length * one.carried for one in lengths) / sum(one.carried for one in lengths)


def bulk(lengths: Sequence[Length]) -> tuple[int, int]:
    """Shortest and longest of the paths that carry the middle 90 % of the gradient."""
    total = sum(one.carried for one in lengths)
    so_far, low = 0.0, None
    for one in lengths:
        so_far += one.carried / total
        if low is None and so_far >= _TAIL:
            low = one.length
        if so_far >= 1 - _TAIL:
            return low or 0, one.length
    return low or 0, lengths[-1].length


def factor(lengths: Sequence[Length]) -> float:
    """The factor of one block more on a path's gradient: exp of the slope of its logarithm.

    The slope is a least-squares line's through the lengths with any gradient.
    """
    points = [(one.length, math.log(one.gradient)) for one in lengths if one.gradient > 0]
    if len(points) < 2:
        return 0.0
    slope, _ = linear_regression(*zip(*points, strict=True))
    return math.exp(slope)


def verdict(label: str, lengths: Sequence[Length]) -> Verdict:
    """Compare the paths' mean length, weighted by their gradients, with that of all paths."""
    if not any(one.carried for one in lengths):
        return Verdict("none", {"label": label})
    blocks = len(lengths) - 1
    counted, weighted = blocks / 2, effective(lengths)
    finding = "short" if weighted < counted else "long"
    if abs(weighted - counted) < _EVEN * blocks:
        finding = "even"
    low, high = bulk(lengths)
    within = sum(one.paths for one in lengths if low <= one.length <= high)
    values: dict[str, Value] = {"label": label, "blocks": blocks, "low": low, "high": high}
    values |= {"effective": weighted, "counted": counted, "factor": factor(lengths)}
    return Verdict(finding, {**values, "share": 100 * within / 2**blocks})
