"""The walk through the pages, and the long runs that are looked at there."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks import long_runs
from benchmarks.pages import PAGES, circuit
from resnet_core.runs import queries

NAMES = list(PAGES)


@pytest.mark.parametrize("count", [2, 3, 5])
def test_every_change_between_two_pages_is_made_once(count: int) -> None:
    names = NAMES[:count]
    walk = [names[0], *circuit(names)]
    assert walk[0] == walk[-1]
    changes = list(pairwise(walk))
    assert len(changes) == len(set(changes)) == count * (count - 1)
    assert all(one != other for one, other in changes)


def test_long_runs_are_whole(home: Path) -> None:
    ids = long_runs.add_long(500, iterations=2000)
    long_runs.add_many(8)
    assert [run.id for run in queries.runs()][-1] == "many-00007"
    for run_id in ids:
        found = queries.telemetry(run_id)
        assert list(found.frame["iteration"]) == [0, 500, 1000, 1500, 2000]
        assert found.response_std.shape == (5, 109)
