"""Numbers in a figure: significant digits, fewer points, smoothing."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from app.figures.look import rounded
from app.figures.series import extremes, moments, smoothed

_curves = arrays.arrays(
    np.float64, st.integers(1, 400), elements=st.floats(-1e6, 1e6) | st.just(float("nan"))
)


@given(
    value=st.floats(1e-12, 1e12) | st.floats(-1e12, -1e-12) | st.just(0.0),
    digits=st.integers(2, 7),
)
def test_significant_digits_are_kept_and_no_others(value: float, digits: int) -> None:
    (number,) = rounded(np.array([value]), digits)
    exponent = np.floor(np.log10(abs(value))) if value else 0
    assert abs(number - value) <= 0.5000001 * 10.0 ** (exponent - digits + 1)
    assert len(repr(number).split("e")[0].strip("-").replace(".", "").strip("0")) <= digits


def test_missing_values_are_none_and_lists_nest() -> None:
    values = np.array([[1.23456, np.nan], [1234.56, 0.0]], np.float32)
    assert rounded(values, 3) == [[1.23, None], [1230.0, 0.0]]
    assert json.dumps(rounded(values[0], 3)) == "[1.23, null]"


@given(values=_curves, most=st.integers(10, 60))
def test_extremes_and_ends_stay(values: np.ndarray, most: int) -> None:
    indices = extremes(values, most)
    there = np.flatnonzero(~np.isnan(values))
    assert len(indices) <= most
    assert np.all(np.diff(indices) > 0)
    assert not np.isnan(values[indices]).any()
    if len(there):
        assert indices[0] == there[0]
        assert indices[-1] == there[-1]
        assert values[indices].max() == values[there].max()
        assert values[indices].min() == values[there].min()


def test_a_spike_of_one_point_survives() -> None:
    values = np.zeros(10_000)
    values[4321] = 99.0
    assert 4321 in extremes(values, 400)


@given(length=st.integers(1, 500), most=st.integers(8, 200), seed=st.integers(0, 99))
def test_moments_keep_first_last_and_the_outermost_levels(
    length: int, most: int, seed: int
) -> None:
    matrices = [np.random.default_rng([seed, n]).normal(size=(length, 5)) for n in range(2)]
    indices = moments(matrices, length, most)
    assert len(indices) <= most
    assert {0, length - 1} <= set(indices.tolist())
    for matrix in matrices:
        level = matrix.mean(axis=1)
        assert {int(level.argmin()), int(level.argmax())} <= set(indices.tolist())


def test_smoothing_is_the_corrected_exponential_average() -> None:
    values = np.array([10.0, 20.0, np.nan, 40.0])
    weight = 0.5
    # The weights of 10 and 20 are 1/4 and 1/2, normalised; likewise for the third value.
    expected = [10.0, (2.5 + 10) / 0.75, np.nan, (1.25 + 5 + 20) / 0.875]
    np.testing.assert_allclose(smoothed(values, weight), expected)
    np.testing.assert_array_equal(smoothed(values, 0.0), values)


@given(level=st.floats(-1e3, 1e3), weight=st.floats(0, 0.95))
def test_a_constant_stays_what_it_is(level: float, weight: float) -> None:
    np.testing.assert_allclose(smoothed(np.full(9, level), weight), level, atol=1e-9)
