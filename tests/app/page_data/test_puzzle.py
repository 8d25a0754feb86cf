"""The puzzle's recordings, and the sentences computed from their numbers, either way."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.language.texts import LANGUAGES, Speaker, catalogue, speaker
from app.page_data import puzzle
from resnet_core.experiments import presets
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs import queries, store
from resnet_core.runs.record import RunRecord
from tests.app.runs_on_record import put_on_record

pytestmark = pytest.mark.usefixtures("home")


def made(group: str, network: str, seed: int = 0, shortcut: str = "A") -> RunRecord:
    experiment = Experiment.create(network=network, seed=seed, shortcut=shortcut)
    name = f"{group}-{shortcut.lower()}-{network.removeprefix('cifar/')}-{seed}"
    return RunRecord(id=name, experiment=experiment, state="finished", created=0.0, group=group)


def _recorded(group: str, seed: int = 0) -> list[RunRecord]:
    return [made(group, network, seed) for network in presets.FOUR]


def on_record(monkeypatch: pytest.MonkeyPatch, *runs: RunRecord) -> None:
    monkeypatch.setattr(queries, "recorded", lambda: list(runs))


def test_photographs_come_first_then_shapes_then_the_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    every = [*_recorded("one-minute"), *_recorded("paper-8000"), *_recorded("photographs")]
    on_record(monkeypatch, *every)
    assert puzzle.recorded_groups() == ["photographs", "one-minute", "paper-8000"]
    assert puzzle.first_recording() == _recorded("photographs")


def test_a_set_that_lacks_a_network_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    on_record(monkeypatch, *_recorded("paper-8000")[:3], *_recorded("one-minute"))
    assert puzzle.recorded_groups() == ["one-minute"]
    assert puzzle.first_recording() == _recorded("one-minute")
    assert puzzle.recorded_four("paper-8000") == []


def test_other_options_and_networks_of_the_group_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    others = [made("paper", "cifar/resnet-20", shortcut="B"), made("paper", "cifar/resnet-110")]
    on_record(monkeypatch, *others, *reversed(_recorded("paper")), *_recorded("paper", seed=1))
    found = [(run.experiment.network, run.experiment.seed) for run in puzzle.recorded_four("paper")]
    assert found == [(network, seed) for network in presets.FOUR for seed in (0, 1)]


def test_without_recordings_there_is_nothing_to_begin_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on_record(monkeypatch)
    assert puzzle.recorded_groups() == []
    assert puzzle.first_recording() == []


def test_what_ships_begins_with_photographs(home: Path) -> None:
    first = puzzle.first_recording()
    assert [run.experiment for run in first] == list(presets.photographs(0))
    assert {run.data_title for run in first} == {"CIFAR-10 sample (6,000 JPEG images)"}
    assert "one-minute" in puzzle.recorded_groups()
    assert not puzzle.lacking([run.experiment for run in first])


_USUAL = {"plain-20": 20.0, "resnet-20": 5.0, "plain-56": 85.0, "resnet-56": 15.0}


def _four(seed: int = 0, **errors: float) -> list[RunRecord]:
    named = {name.replace("_", "-"): error for name, error in errors.items()}
    return [
        put_on_record(f"{name}-{seed}", f"cifar/{name}", seed=seed, final_error=error)
        for name, error in {**_USUAL, **named}.items()
    ]


def test_the_degradation_and_what_mends_it(home: Path, say: Speaker) -> None:
    plain, shortcut, short = puzzle.verdict(_four(), say)
    assert "made it worse" in plain
    assert "85.0 %" in plain
    assert "20.0 %" in plain
    assert "15.0 %" in shortcut
    assert "5.0 %" in shortcut
    assert "after 400" in short  # resnet-56 is still above resnet-20


def test_nothing_is_excused_that_need_not_be(home: Path, say: Speaker) -> None:
    assert len(puzzle.verdict(_four(resnet_56=3.0), say)) == 2


@pytest.mark.parametrize(
    ("errors", "index", "words"),
    [
        ({"plain_56": 22.0}, 0, "ended close together"),
        ({"plain_56": 10.0, "resnet_56": 9.0}, 0, "ended below plain-20"),
        ({"resnet_56": 83.0}, 1, "changed little"),
        ({"resnet_56": 95.0}, 1, "changed little"),
    ],
)
def test_the_other_way_round_is_said_too(
    home: Path, say: Speaker, errors: dict[str, float], index: int, words: str
) -> None:
    assert words in puzzle.verdict(_four(**errors), say)[index]


def test_the_mean_over_seeds_is_what_counts(home: Path, say: Speaker) -> None:
    records = _four(0, plain_56=80.0) + _four(1, plain_56=90.0)
    assert puzzle.final_errors(records) == pytest.approx(_USUAL)
    assert "seeds 0, 1, n = 2" in puzzle.measured_on(records, say)


@pytest.mark.parametrize("state", ["stopped", "diverged", "failed", "interrupted"])
def test_unfinished_runs_allow_no_conclusion(home: Path, say: Speaker, state: str) -> None:
    records = _four()[:3]
    records.append(put_on_record("last", "cifar/resnet-56", state=state, reached=100))  # type: ignore[arg-type]
    assert puzzle.final_errors(records) is None
    (sentence,) = puzzle.verdict(records, say)
    assert state in sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_guess_is_answered_from_the_numbers(home: Path, language: str) -> None:
    say = speaker(language)  # type: ignore[arg-type]
    records = _four()
    assert "85.0" in puzzle.answer("plain-56", records, say)
    wrong = puzzle.answer("resnet-56", records, say)
    assert "15.0" in wrong
    assert "plain-56" in wrong
    assert puzzle.answer("plain-20", records[:2], say) == ""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("deep", "deeper_is_better"), [(18.5, True), (27.6, False)])
def test_the_sets_that_trained_longer_are_said_beside_it(
    monkeypatch: pytest.MonkeyPatch, language: str, deep: float, deeper_is_better: bool
) -> None:
    errors = {"plain-20": 30.0, "plain-56": 45.0, "resnet-20": 22.7, "resnet-56": deep}

    def ended(group: str) -> list[RunRecord]:
        return [
            replace(run, train_error=error, test_error=error + 3)
            for run in _recorded(group)
            for error in [errors[run.experiment.network.removeprefix("cifar/")]]
        ]

    on_record(monkeypatch, *ended("small-12000"), *ended("paper-8000"))
    say = speaker(language)
    small, full_size = puzzle.at_larger_scales(_recorded("photographs"), say)
    assert str(deep) in small
    assert f"{deep + 3:.1f}" in small
    beginning = catalogue()["home.saw.small"][language].split("{")[0]
    assert small.startswith(beginning) == deeper_is_better
    assert small != full_size
    # A set that is on the screen is not said a second time.
    assert puzzle.at_larger_scales(_recorded("small-12000"), say) == [full_size]
    assert puzzle.at_larger_scales(_recorded("paper-8000"), say) == [small]


def _group(seeds: range, state: str, network: str = "cifar/plain-20") -> list[RunRecord]:
    runs = []
    for seed in seeds:
        experiment = Experiment.create(network=network, iterations=100, data="shapes", seed=seed)
        run = RunRecord(
            id=f"run-{state}-{seed}",
            experiment=experiment,
            state=state,  # type: ignore[arg-type]
            created=time.time(),
            group="class-group",
            images_per_second=100.0 if state == "running" else None,
        )
        runs.append(run)
    return store.of_home().add(runs)


def test_the_same_training_is_found_whatever_its_seed(home: Path) -> None:
    experiment = Experiment.create(network="cifar/plain-20", iterations=100, data="shapes", seed=7)
    assert puzzle.going_on([experiment]) == []
    _group(range(2), "running")
    assert [run.id for run in puzzle.going_on([experiment])] == ["run-running-0", "run-running-1"]
    assert puzzle.free_seed(puzzle.going_on([experiment])) == 2
    assert puzzle.going_on([experiment.changed(iterations=200)]) == []


def test_a_place_in_the_queue_and_the_time_until_it_comes(home: Path) -> None:
    (running,) = _group(range(1), "running")
    queued = _group(range(1, 4), "queued")
    last = store.of_home().get(queued[-1].id)
    ahead, seconds = puzzle.waiting([last])
    assert ahead == 3
    work = 100 * running.experiment.batch_size / 100.0  # of one run, at 100 images a second
    assert seconds == pytest.approx(work + 2 * work / 4)  # four places
