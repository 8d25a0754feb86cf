"""Intervals against closed forms and thresholds; networks at guessing, diverged ones included."""

from __future__ import annotations

import math
from statistics import stdev

import pytest

from resnet_core.labs.tools.intervals import (
    Groups,
    Interval,
    between_networks,
    near_guessing,
    quantile,
    share_error,
    side,
    spread,
)

MANY = 10**9  # images: nothing is left to their choice


def test_two_groups_have_students_interval() -> None:
    """The pooled two-sample interval, written out."""
    first, second = (10.0, 12.0, 14.0), (20.0, 22.0, 24.0)
    interval = Groups({"a": first, "b": second}, MANY).difference("b", "a")
    half = 2.776 * stdev(first) * math.sqrt(2 / 3)
    assert (interval.low, interval.high) == pytest.approx((10 - half, 10 + half), rel=1e-3)


def test_a_single_training_takes_the_spread_of_the_others() -> None:
    groups = Groups({"a": (10.0, 14.0), "b": (60.0, 64.0), "alone": (37.0,)}, MANY)
    assert groups.spread == pytest.approx(math.sqrt(8))
    assert groups.difference("alone", "a").above(0)
    assert not groups.difference("alone", "a").above(20)


def test_one_seed_each_decides_nothing() -> None:
    interval = Groups({"a": (10.0,), "b": (90.0,)}, 1000).difference("b", "a")
    assert not interval.above(0)
    assert not interval.within(10**6)


def test_few_images_widen_the_interval_also_where_none_is_wrong() -> None:
    few, many = (Groups({"a": (0.0, 0.0), "b": (5.0, 5.0)}, n) for n in (20, 10_000))
    assert not few.difference("b", "a").above(0)
    assert many.difference("b", "a").above(0)


def test_single_networks_are_compared_with_a_spread_from_elsewhere() -> None:
    interval = between_networks(30.0, 20.0, MANY, 2.0, 4)
    assert interval.high - interval.middle == pytest.approx(2.776 * math.sqrt(8), rel=1e-3)


def test_the_quantiles_fall_to_the_normal_one() -> None:
    values = [quantile(freedom) for freedom in range(1, 200)]
    assert values == sorted(values, reverse=True)
    assert quantile(0) == math.inf
    assert quantile(30) == pytest.approx(2.042, abs=0.01)


def test_an_interval_is_on_one_side_of_a_threshold_or_holds_it() -> None:
    interval = Interval(3.0, 1.0, 5.0)
    assert (interval.above(0), interval.below(0), interval.within(6)) == (True, False, True)
    assert (interval.above(2), interval.below(2), interval.within(4)) == (False, False, False)


@pytest.mark.parametrize(
    ("value", "error", "expected"), [(5, 1, 1), (-5, 1, -1), (1.9, 1, 0), (-2, 1, 0), (0, 0, 0)]
)
def test_a_value_is_above_or_below_only_by_two_standard_errors(
    value: float, error: float, expected: int
) -> None:
    assert side(value, error) == expected
    assert side(value + 7, error, 7) == expected


def test_what_is_no_number_decides_nothing() -> None:
    assert side(math.nan, 1) == 0
    assert side(1, math.nan) == 0


def test_the_spread_is_the_standard_error_of_the_mean() -> None:
    assert spread([1, 2, 3]) == pytest.approx(1 / math.sqrt(3))
    assert spread([4]) == spread([]) == 0
    assert share_error(100) == 5


def test_a_diverged_network_counts_as_one_at_guessing() -> None:
    """One is stuck at 90 % of ten classes, another at 86; a third has diverged."""
    assert near_guessing(90, 90)
    assert near_guessing(86, 90)
    assert near_guessing(math.nan, 90)
    assert not near_guessing(80, 90)
    assert not near_guessing(50, 66)


def test_the_interval_of_a_few_values_is_students() -> None:
    """Of 1, 2, 3: t of two degrees of freedom is 4.303, the standard error 1 / sqrt(3)."""
    found = Interval.of([1, 2, 3])
    assert found.middle == 2
    assert found.high - 2 == pytest.approx(4.303 / math.sqrt(3), rel=1e-3)
    assert found.low == pytest.approx(4 - found.high)
    assert Interval.of([1]).high == math.inf
