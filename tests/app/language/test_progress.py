"""Progress, rate, time left and origin, in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.figures.series import Member, gather
from app.language import progress
from app.language.texts import Speaker
from app.page_state.view import View
from app.server import captions
from resnet_core.runs import queries
from tests.app.runs_on_record import put_on_record


def test_progress_is_by_iterations_and_waits_for_the_slowest(home: Path) -> None:
    fast = put_on_record("fast", state="running", reached=300, measured=False)
    slow = put_on_record("slow", state="running", reached=100, measured=False)
    now = progress.progress(
        [replace(fast, images_per_second=1280.0), replace(slow, images_per_second=640.0)]
    )
    assert now.share == 0.5
    assert now.seconds_left == pytest.approx(300 * 128 / 640)
    assert now.active


def test_time_left_is_not_guessed_before_there_is_a_rate(home: Path) -> None:
    run = put_on_record("run-1", state="running", reached=0, measured=False)
    assert progress.progress([run]).seconds_left is None
    assert progress.progress([]).share == 0.0


def test_a_running_run_in_words(home: Path, say: Speaker) -> None:
    run = put_on_record("run-1", state="running", reached=100, measured=False)
    told = progress.describe([replace(run, images_per_second=2560.0)], say)
    assert told == "running · 25 % · 2,560 images/s · 15 s left"
    assert progress.describe([replace(run, state="finished")], say) == "finished"
    both = [replace(run, state="finished"), replace(run, state="diverged")]
    assert progress.describe(both, say) == "diverged, finished"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (89, "89 s"), (120, "2 min"), (5400, "1.5 h"), (200_000, "2.3 days")],
)
def test_durations(say: Speaker, seconds: float, text: str) -> None:
    assert progress.duration(seconds, say) == text


def test_a_caption_names_data_origin_machine_and_seeds(home: Path, say: Speaker) -> None:
    runs = [put_on_record(f"seed-{n}", seed=n, measured=False) for n in range(2)]
    assert captions.caption(runs, 2, say) == (
        "shapes (embedded), 16×16 · 400 iterations (paper: 64,000) · trained on this machine · "
        "a test's machine · seeds 0, 1, n = 2"
    )
    live = [replace(runs[0], state="running")]
    assert "live on this machine" in captions.caption(live, 1, say)
    recorded = [replace(run, recorded=True, created=1_700_000_000.0) for run in runs]
    assert "recorded 2023-11-14 on a test's machine" in captions.caption(recorded, 2, say)
    assert "some recorded" in captions.caption([recorded[0], runs[1]], 1, say)
    longer = replace(runs[1], experiment=runs[1].experiment.changed(iterations=64_000))
    assert "iterations" not in captions.caption([runs[0], longer], 1, say)
    assert "64,000 iterations, as in the paper" in captions.caption([longer], 1, say)
    assert captions.caption([], 1, say) == ""


def test_the_audit_of_the_responses_is_told(home: Path, say: Speaker) -> None:
    run = put_on_record("run-1")
    series = gather([Member(run, queries.telemetry("run-1"))], say)
    notes = captions.notes(series, View(), say)
    assert "training mode" in notes["response"]
    assert "differs by at most 0.01 %" in notes["response"]
    assert captions.notes([], View(), say) == {}
