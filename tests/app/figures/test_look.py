"""Numbers in a figure: significant digits, missing values."""

from __future__ import annotations

import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.figures.look import rounded


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
