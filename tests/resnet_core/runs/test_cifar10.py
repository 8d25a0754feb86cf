"""Runs on CIFAR-10: the paper's experiments, and recordings on copies of the data."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Any

import pytest

from resnet_core.data.public.sources import PLACES_VARIABLE
from resnet_core.experiments.experiment import Experiment
from resnet_core.paper.cifar import ITERATIONS
from resnet_core.runs.cifar10 import (
    has_the_papers_network,
    is_of_a_copy,
    repeats_the_paper,
    with_available_images,
)
from resnet_core.runs.record import RunRecord

pytestmark = pytest.mark.usefixtures("home")
COPY = "cifar10-jpeg.tar.xz"


def _run(title: str = "CIFAR-10", parent: str | None = None, **changes: Any) -> RunRecord:
    settings = {"network": "cifar/resnet-56", "iterations": ITERATIONS, **changes}
    experiment = Experiment.create(**settings)
    return RunRecord(
        id="one",
        experiment=experiment,
        state="finished",
        created=0.0,
        parent=parent,
        data_title=title,
    )


@pytest.mark.parametrize("title", ["CIFAR-10", "CIFAR-10 (JPEG copy)"])
@pytest.mark.parametrize("changes", [{}, {"seed": 3}, {"image_size": 32}, {"record_every": 10}])
def test_the_papers_recipe_is_recognised(title: str, changes: dict[str, Any]) -> None:
    assert repeats_the_paper(_run(title, **changes))


@pytest.mark.parametrize("changes", [{"iterations": 400}, {"batch_size": 64}, {"parent": "other"}])
def test_another_length_batch_or_start_is_another_experiment(changes: dict[str, Any]) -> None:
    run = _run(**changes)
    assert has_the_papers_network(run)
    assert not repeats_the_paper(run)


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "CIFAR-100"},
        {"title": "shapes (embedded)"},
        {"image_size": 16},
        {"train_images": 5120},
        {"width": 8},
        {"network": "cifar/plain-56"},
        {"network": "cifar/preresnet-56"},
        {"shortcut": "B"},
        {"block": "bottleneck", "layers_per_block": 3},
        {"layers_per_block": 1},
        {"activation": "tanh"},
        {"batch_norm": False},
    ],
)
def test_another_network_or_other_images_are_not_the_papers(changes: dict[str, Any]) -> None:
    run = _run(**changes)
    assert not has_the_papers_network(run)
    assert not repeats_the_paper(run)


def recording(data: str, title: str) -> RunRecord:
    experiment = Experiment.create(data=data)
    return RunRecord(
        id="paper-1",
        experiment=experiment,
        state="finished",
        created=0.0,
        data_title=title,
        recorded=True,
    )


def test_without_the_copy_the_original_takes_its_place_and_the_title_stays() -> None:
    run = recording(COPY, "CIFAR-10 (JPEG copy)")
    assert is_of_a_copy(run)
    found = with_available_images(run)
    assert found.experiment == run.experiment.changed(data="cifar10")
    assert found.data_title == "CIFAR-10 (JPEG copy)"


def test_the_copy_itself_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with tarfile.open(tmp_path / COPY, "w:xz"):
        pass  # it is not opened to find out
    monkeypatch.setenv(PLACES_VARIABLE, str(tmp_path))
    run = recording(COPY, "CIFAR-10 (JPEG copy)")
    assert with_available_images(run) is run


@pytest.mark.parametrize(
    ("data", "title"),
    [("shapes", "shapes (embedded)"), ("cifar10", "CIFAR-10"), ("x.zip", "CIFAR-100 (copy)")],
)
def test_others_are_left_as_they_are(data: str, title: str) -> None:
    run = recording(data, title)
    assert not is_of_a_copy(run)
    assert with_available_images(run) is run
