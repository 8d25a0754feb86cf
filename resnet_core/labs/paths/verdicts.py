"""Verdict on the lengths of the paths that carry the gradient. Arithmetic only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import linear_regression

from resnet_core.labs.events import Value, Verdict
from resnet_core.labs.tools.intervals import side

_EVEN = 0.05  # of the blocks: a smaller difference in mean length is none
# Percent of all paths that carry 90 % of the gradient: up to this many is a concentration. Veit
# et al. have 0.45.
_FEW = 10.0
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


def sampling_error(lengths: Sequence[Length]) -> float:
    """Standard error of `effective` from the paths that were drawn: first order, by length."""
    total, mean = sum(one.carried for one in lengths), effective(lengths)
    terms = ((one.length - mean) * one.paths * one.uncertainty / total for one in lengths)
    return math.hypot(*terms)


def verdict(label: str, lengths: Sequence[Length], image_error: float = 0.0) -> Verdict:
    """Compare the paths' mean length, weighted by their gradients, with that of all paths.

    Args:
        image_error: standard error of `effective` over the images.
    """
    if not any(one.carried for one in lengths):
        return Verdict("none", {"label": label})
    blocks = len(lengths) - 1
    counted, weighted = blocks / 2, effective(lengths)
    error = math.hypot(sampling_error(lengths), image_error)
    low, high = bulk(lengths)
    share = 100 * sum(one.paths for one in lengths if low <= one.length <= high) / 2**blocks
    values: dict[str, Value] = {"label": label, "blocks": blocks, "low": low, "high": high}
    values |= {"effective": weighted, "counted": counted, "factor": factor(lengths)}
    values |= {"share": share, "error": error}
    return Verdict(_finding(counted - weighted, error, _EVEN * blocks, share), values)


def _finding(shorter: float, error: float, even: float, share: float) -> str:
    """Name a difference in mean length, refused where its interval crosses a threshold."""
    below, above = side(shorter, error, -even), side(shorter, error, even)
    if above > 0:
        return "short" if share <= _FEW else "shorter"
    if below < 0:
        return "long"
    return "even" if below > 0 and above < 0 else "undecided"
