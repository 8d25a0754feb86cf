"""Values with their chance: standard errors, intervals over seeds and images, guessing. No torch.

A verdict compares such a value with its threshold, and is refused where chance allows both sides.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev, variance

ERRORS = 2.0  # standard errors on either side of a value: about 95 % of chance
# The share of guessing's error by which a network must be better before it counts as trained:
# of ten classes, ten points.
_LEARNED = 1 / 9
# 97.5 % quantiles of Student's t for 1, 2, ... degrees of freedom; beyond them the normal one.
_T = (12.71, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
_NORMAL = 1.96
_T_SLOPE = 2.4  # t is about 1.96 + 2.4 / degrees of freedom


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


@dataclass(frozen=True)
class Interval:
    """A difference, and its 95 % interval."""

    middle: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Interval:
        """The mean of a few values, one a seed; of a single one the interval has no ends."""
        middle, error = fmean(values), spread(values)
        freedom = len(values) - 1
        half = quantile(freedom) * error if freedom else math.inf
        return cls(middle, middle - half, middle + half)

    def above(self, threshold: float) -> bool:
        """Check that the whole interval is above the threshold."""
        return self.low > threshold

    def below(self, threshold: float) -> bool:
        """Check that the whole interval is below the threshold."""
        return self.high < threshold

    def within(self, threshold: float) -> bool:
        """Check that the whole interval is nearer to 0 than the threshold."""
        return -threshold < self.low and self.high < threshold


def quantile(freedom: int) -> float:
    """Student's t that 97.5 % of draws are below; infinite without degrees of freedom."""
    if freedom < 1:
        return math.inf
    return _T[freedom - 1] if freedom <= len(_T) else _NORMAL + _T_SLOPE / freedom


@dataclass(frozen=True)
class Groups:
    """Final errors, percent, of trainings that differ in their seed only, group by group.

    The groups share one spread over seeds, so that two seeds each are enough where there are
    several groups, and a group of one training can be compared.

    Attributes:
        images: on which every error was measured.
    """

    errors: Mapping[Hashable, Sequence[float]]
    images: int

    @property
    def freedom(self) -> int:
        """Degrees of freedom of the spread."""
        return sum(len(group) - 1 for group in self.errors.values())

    @property
    def spread(self) -> float:
        """Standard deviation over seeds; infinite where every group has one training."""
        if self.freedom < 1:
            return math.inf
        groups = [group for group in self.errors.values() if len(group) > 1]
        return math.sqrt(sum((len(g) - 1) * variance(g) for g in groups) / self.freedom)

    def mean(self, group: Hashable) -> float:
        """The group's mean error."""
        return fmean(self.errors[group])

    def difference(self, first: Hashable, second: Hashable) -> Interval:
        """The first group's mean error less the second's, points."""
        middle = self.mean(first) - self.mean(second)
        parts = (self.errors[first], self.errors[second])
        seeds = self.spread**2 * sum(1 / len(part) for part in parts)
        images = sum(_sampling(fmean(part), self.images) for part in parts)
        half = quantile(self.freedom) * math.sqrt(seeds + images)
        if math.isnan(half):
            half = math.inf
        return Interval(middle, middle - half, middle + half)


def between_networks(
    first: float, second: float, images: int, spread: float, freedom: int
) -> Interval:
    """The difference of two single networks' errors, points, with a spread from elsewhere.

    Args:
        spread: over seeds, points.
        freedom: degrees of freedom of that spread.
    """
    variance_ = 2 * spread**2 + _sampling(first, images) + _sampling(second, images)
    half = quantile(freedom) * math.sqrt(variance_)
    return Interval(first - second, first - second - half, first - second + half)


def _sampling(error: float, images: int) -> float:
    """The squared standard error of a share of images, points."""
    # One image more and one less than were wrong: 0 of n is no certainty.
    share = (error / 100 * images + 1) / (images + 2)
    return 100**2 * share * (1 - share) / images
