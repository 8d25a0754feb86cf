"""Lists of runs: which, in which order, page by page."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.figures.series import Member, gather
from app.language.texts import Speaker
from app.page_data.runs import (
    KINDS,
    PAGE,
    caption,
    counts,
    duration,
    listed,
    matching,
    notes,
    progress,
    progress_text,
)
from app.page_state.view import View
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord, State
from tests.app.runs_on_record import put_on_record


def run(number: int, state: State = "finished", **fields: object) -> RunRecord:
    experiment = Experiment(seed=number, network=f"cifar/resnet-{20 if number % 2 else 56}")
    created = 1000.0 - number  # newest first
    return RunRecord(
        id=f"run-{number:04d}", experiment=experiment, state=state, created=created, **fields
    )  # type: ignore[arg-type]


def test_what_trains_comes_first_then_the_queue_then_the_newest() -> None:
    records = [
        run(0),
        run(1, "queued", position=2.0),
        run(2, "failed"),
        run(3, "queued", position=1.0),
        run(4, "running", started=5.0),
        run(5),
    ]
    ids = [int(found.id[-4:]) for found in matching(records, "all", "")]
    assert ids == [4, 3, 1, 0, 2, 5]


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


def test_progress_is_by_iterations_and_waits_for_the_slowest(home: Path) -> None:
    fast = put_on_record("fast", state="running", reached=300, measured=False)
    slow = put_on_record("slow", state="running", reached=100, measured=False)
    now = progress(
        [replace(fast, images_per_second=1280.0), replace(slow, images_per_second=640.0)]
    )
    assert now.share == 0.5
    assert now.seconds_left == pytest.approx(300 * 128 / 640)
    assert now.active


def test_time_left_is_not_guessed_before_there_is_a_rate(home: Path) -> None:
    run = put_on_record("run-1", state="running", reached=0, measured=False)
    assert progress([run]).seconds_left is None
    assert progress([]).share == 0.0


def test_a_running_run_in_words(home: Path, say: Speaker) -> None:
    run = put_on_record("run-1", state="running", reached=100, measured=False)
    told = progress_text([replace(run, images_per_second=2560.0)], say)
    assert told == "running · 25 % · 2,560 images/s · 15 s left"
    assert progress_text([replace(run, state="finished")], say) == "finished"
    both = [replace(run, state="finished"), replace(run, state="diverged")]
    assert progress_text(both, say) == "diverged, finished"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (89, "89 s"), (120, "2 min"), (5400, "1.5 h"), (200_000, "2.3 days")],
)
def test_durations(say: Speaker, seconds: float, text: str) -> None:
    assert duration(seconds, say) == text


def test_a_caption_names_data_origin_machine_and_seeds(home: Path, say: Speaker) -> None:
    runs = [put_on_record(f"seed-{n}", seed=n, measured=False) for n in range(2)]
    assert caption(runs, 2, say) == (
        "shapes (embedded), 16×16 · 400 iterations (paper: 64,000) · trained on this machine · "
        "a test's machine · seeds 0, 1, n = 2"
    )
    live = [replace(runs[0], state="running")]
    assert "live on this machine" in caption(live, 1, say)
    recorded = [replace(run, recorded=True, created=1_700_000_000.0) for run in runs]
    assert "recorded 2023-11-14 on a test's machine" in caption(recorded, 2, say)
    assert "some recorded" in caption([recorded[0], runs[1]], 1, say)
    longer = replace(runs[1], experiment=runs[1].experiment.changed(iterations=64_000))
    assert "iterations" not in caption([runs[0], longer], 1, say)
    assert "64,000 iterations, as in the paper" in caption([longer], 1, say)
    assert caption([], 1, say) == ""


def test_the_audit_of_the_responses_is_told(home: Path, say: Speaker) -> None:
    run = put_on_record("run-1")
    series = gather([Member(run, queries.telemetry("run-1"))], say)
    lines = notes(series, View(), say)
    assert "training mode" in lines["response"]
    assert "differs by at most 0.01 %" in lines["response"]
    assert notes([], View(), say) == {}
