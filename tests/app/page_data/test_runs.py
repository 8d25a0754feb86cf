"""Lists of runs: which, in which order, page by page."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from app.page_data.runs import KINDS, PAGE, counts, listed, matching
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs.record import RunRecord, State


def run(number: int, state: State = "finished", **fields: object) -> RunRecord:
    experiment = Experiment(seed=number, network=f"cifar/resnet-{20 if number % 2 else 56}")
    created = 1000.0 - number  # newest first
    return RunRecord(
        id=f"run-{number:04d}", experiment=experiment, state=state, created=created, **fields
    )  # type: ignore[arg-type]


def test_rows_stay_newest_first_and_active_ones_alone_are_in_their_order() -> None:
    records = [
        run(0),
        run(1, "queued", position=2.0),
        run(2, "failed"),
        run(3, "queued", position=1.0),
        run(4, "running", started=5.0),
        run(5),
    ]
    assert [one.id[-1] for one in matching(records, "all", "")] == list("012345")
    assert [one.id[-1] for one in matching(records, "active", "")] == list("431")


def test_kinds_are_counted_and_narrow_the_list() -> None:
    states: tuple[State, ...] = (
        *("running", "queued", "paused", "failed", "finished", "diverged", "imported"),
    )
    records = [run(number, state) for number, state in enumerate(states)]
    counted = {"all": 7, "active": 2, "resumable": 2, "finished": 1, "diverged": 1}
    expected = {**counted, "imported": 1}
    assert counts(records) == expected
    assert {kind: len(matching(records, kind, "")) for kind in KINDS} == expected


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("resnet-56", [0, 2]),
        ("RESNET-56 seed 2", [2]),
        ("run-0003", [3]),
        ("mine", [1]),
        ("shapes", [0, 1, 2, 3]),
        ("nothing of the kind", []),
        ("  ", [0, 1, 2, 3]),
    ],
)
def test_every_word_of_a_search_must_be_there(search: str, found: list[int]) -> None:
    records = [run(number) for number in range(4)]
    records[1] = replace(records[1], experiment=Experiment(name="mine", seed=7))
    assert [int(one.id[-4:]) for one in matching(records, "all", search)] == found


def test_pages_are_whole_and_a_page_beyond_the_last_is_the_last() -> None:
    records = [run(number) for number in range(2 * PAGE + 1)]
    pages = [listed(records, "all", "", page) for page in (1, 2, 3, 99, 0)]
    assert [len(page.runs) for page in pages] == [PAGE, PAGE, 1, 1, PAGE]
    assert all(page.pages == 3 and page.matching == 2 * PAGE + 1 for page in pages)
    assert listed([], "all", "", 1).pages == 1


def test_a_thousand_runs_are_listed_at_once() -> None:
    records = [run(number, "queued" if number % 3 else "finished") for number in range(1000)]
    start = time.process_time()
    assert listed(records, "all", "resnet", 3).matching == 1000
    assert time.process_time() - start < 0.5
