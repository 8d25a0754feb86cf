"""Intervals against thresholds; networks at guessing, diverged ones included."""

from __future__ import annotations

import math

import pytest

from resnet_core.labs.certainty import near_guessing, share_error, side, spread


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
