"""Rows and verdicts made of measurements."""

from __future__ import annotations

import math
from dataclasses import dataclass

from resnet_core.labs.events import (
    Progress,
    Rows,
    Verdict,
    attributes,
    columns,
    diverged,
    finite,
)


@dataclass(frozen=True)
class Measured:
    block: str
    norm: float

    @property
    def squared(self) -> float:
        return self.norm**2


def test_a_row_is_made_of_parts_of_which_later_ones_win() -> None:
    parts = ({"run": "a", "norm": 0.0}, vars(Measured("layer1.0", 2.0)))
    (row,) = Rows.one("norms", *parts, place=1).rows
    assert row == {"run": "a", "block": "layer1.0", "norm": 2.0, "place": 1}
    assert parts[0] == {"run": "a", "norm": 0.0}


def test_columns_and_values_are_those_of_a_measurement() -> None:
    assert columns(Measured) == ("block", "norm")
    measured = Measured("layer1.0", 3.0)
    assert attributes(measured, "block", "squared") == {"block": "layer1.0", "squared": 9.0}


def test_progress_ends_at_the_total() -> None:
    assert [*Progress.each(3)] == [Progress(1, 3), Progress(2, 3), Progress(3, 3)]


def test_diverged_trainings_are_named_with_the_error_that_counts_instead() -> None:
    assert diverged("depths", {}) == []
    verdict = Verdict("diverged", {"depths": "20; 56", "error": 90.0})
    assert diverged("depths", {"20": 90.0, "56": 90.0}, "; ") == [verdict]
    assert Verdict.of("diverged", depths="20; 56", error=90.0) == verdict


def test_numbers_that_no_chart_can_show_are_none() -> None:
    assert [finite(value) for value in (1, -0.5, math.nan, math.inf)] == [1.0, -0.5, None, None]
