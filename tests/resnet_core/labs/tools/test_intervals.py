"""Intervals of differences between trainings, against closed forms."""

from __future__ import annotations

import math
from statistics import stdev

import pytest

from resnet_core.labs.tools.intervals import Groups, Interval, between_networks, quantile

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
