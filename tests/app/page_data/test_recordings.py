"""Which recorded sets the home page offers, and which one it begins with."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.page_data import recordings
from resnet_core.experiments import presets
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord

pytestmark = pytest.mark.usefixtures("home")


def made(group: str, network: str, seed: int = 0, shortcut: str = "A") -> RunRecord:
    experiment = Experiment.create(network=network, seed=seed, shortcut=shortcut)
    name = f"{group}-{shortcut.lower()}-{network.removeprefix('cifar/')}-{seed}"
    return RunRecord(id=name, experiment=experiment, state="finished", created=0.0, group=group)


def four(group: str, seed: int = 0) -> list[RunRecord]:
    return [made(group, network, seed) for network in presets.FOUR]


def on_record(monkeypatch: pytest.MonkeyPatch, *runs: RunRecord) -> None:
    monkeypatch.setattr(queries, "recorded", lambda: list(runs))


def test_the_paper_comes_before_the_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    on_record(monkeypatch, *four("one-minute"), *four("paper-8000"))
    assert recordings.groups() == ["paper-8000", "one-minute"]
    assert recordings.first() == four("paper-8000")


def test_a_set_that_lacks_a_network_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    on_record(monkeypatch, *four("paper-8000")[:3], *four("one-minute"))
    assert recordings.groups() == ["one-minute"]
    assert recordings.first() == four("one-minute")
    assert recordings.four("paper-8000") == []


def test_other_options_and_networks_of_the_group_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    others = [made("paper", "cifar/resnet-20", shortcut="B"), made("paper", "cifar/resnet-110")]
    on_record(monkeypatch, *others, *reversed(four("paper")), *four("paper", seed=1))
    found = [(run.experiment.network, run.experiment.seed) for run in recordings.four("paper")]
    assert found == [(network, seed) for network in presets.FOUR for seed in (0, 1)]


def test_without_recordings_there_is_nothing_to_begin_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    on_record(monkeypatch)
    assert recordings.groups() == []
    assert recordings.first() == []


def test_what_ships_begins_with_photographs(home: Path) -> None:
    first = recordings.first()
    assert [run.experiment.network for run in first] == list(presets.FOUR)
    assert {run.data_title.split(" ")[0] for run in first} == {"CIFAR-10"}
    assert "one-minute" in recordings.groups()
