"""Sentences computed from the numbers come out either way."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.language.texts import LANGUAGES, Speaker, speaker
from app.page_data import puzzle_verdict
from resnet_core.runs.record import RunRecord
from tests.app.runs_on_record import put_on_record

_USUAL = {"plain-20": 20.0, "resnet-20": 5.0, "plain-56": 85.0, "resnet-56": 15.0}


def _four(seed: int = 0, **errors: float) -> list[RunRecord]:
    named = {name.replace("_", "-"): error for name, error in errors.items()}
    return [
        put_on_record(
            f"{name}-{seed}", f"cifar/{name}", seed=seed, final_error=error, measured=False
        )
        for name, error in {**_USUAL, **named}.items()
    ]


def test_the_degradation_and_what_mends_it(home: Path, say: Speaker) -> None:
    plain, shortcut, short = puzzle_verdict.verdict(_four(), say)
    assert "made it worse" in plain
    assert "85.0 %" in plain
    assert "20.0 %" in plain
    assert "15.0 %" in shortcut
    assert "5.0 %" in shortcut
    assert "after 400" in short  # resnet-56 is still above resnet-20


def test_nothing_is_excused_that_need_not_be(home: Path, say: Speaker) -> None:
    assert len(puzzle_verdict.verdict(_four(resnet_56=3.0), say)) == 2


@pytest.mark.parametrize(
    ("errors", "index", "words"),
    [
        ({"plain_56": 22.0}, 0, "ended close together"),
        ({"plain_56": 10.0, "resnet_56": 9.0}, 0, "did not show"),
        ({"resnet_56": 83.0}, 1, "changed little"),
        ({"resnet_56": 95.0}, 1, "changed little"),
    ],
)
def test_the_other_way_round_is_said_too(
    home: Path, say: Speaker, errors: dict[str, float], index: int, words: str
) -> None:
    assert words in puzzle_verdict.verdict(_four(**errors), say)[index]


def test_the_mean_over_seeds_is_what_counts(home: Path, say: Speaker) -> None:
    records = _four(0, plain_56=80.0) + _four(1, plain_56=90.0)
    assert puzzle_verdict.final_errors(records) == _USUAL
    assert "seeds 0, 1, n = 2" in puzzle_verdict.measured_on(records, say)


@pytest.mark.parametrize("state", ["stopped", "diverged", "failed", "interrupted"])
def test_unfinished_runs_allow_no_conclusion(home: Path, say: Speaker, state: str) -> None:
    records = _four()[:3]
    records.append(put_on_record("last", "cifar/resnet-56", state=state, reached=100))  # type: ignore[arg-type]
    assert puzzle_verdict.final_errors(records) is None
    (sentence,) = puzzle_verdict.verdict(records, say)
    assert state in sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_guess_is_answered_from_the_numbers(home: Path, language: str) -> None:
    say = speaker(language)  # type: ignore[arg-type]
    records = _four()
    assert "85.0" in puzzle_verdict.answer("plain-56", records, say)
    wrong = puzzle_verdict.answer("resnet-56", records, say)
    assert "15.0" in wrong
    assert "plain-56" in wrong
    assert puzzle_verdict.answer("plain-20", records[:2], say) == ""
