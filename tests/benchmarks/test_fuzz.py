"""Two thousand changed inputs: no reader crashes, hangs, fills the memory or writes elsewhere."""

from __future__ import annotations

import pytest

from benchmarks import fuzz

INPUTS = 2000

pytestmark = pytest.mark.usefixtures("home")


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("reader", fuzz.READERS)
def test_a_reader_holds(reader: str) -> None:
    row = fuzz.fuzz(reader, -(-INPUTS // len(fuzz.READERS)), seed=1)
    assert not row.crashes
    assert row.held
    assert row.outcomes["read"] < row.inputs
