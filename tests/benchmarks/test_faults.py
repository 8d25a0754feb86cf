"""A fifth of the fault table, drawn anew each day; kills have tests of their own in `faults`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import faults

TRIES = 2


@pytest.fixture(scope="module")
def base() -> Iterator[tuple[Path, str, str]]:
    with faults.prepared() as prepared:
        yield prepared


def test_the_table_is_as_long_as_was_promised() -> None:
    assert len(faults.ROWS) >= 25
    assert len(faults.KILLS) == 2


@pytest.mark.sampled
@pytest.mark.parametrize("name", [name for name in faults.ROWS if name not in faults.KILLS])
def test_a_fault_is_answered_in_a_sentence(name: str, base: tuple[Path, str, str]) -> None:
    for number in range(TRIES):
        assert not faults.attempt(name, number, base)
