"""Runs on CIFAR-10: the paper's experiments, and recordings on copies of the data."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from resnet_core.experiments.experiment import Experiment
from resnet_core.paper.cifar import ITERATIONS
from resnet_core.runs.cifar10 import (
    has_the_papers_network,
    is_of_a_copy,
    on_the_sample,
    repeats_the_paper,
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
        {"title": "CIFAR-10 sample (6,000 JPEG images)"},
        {"title": "shapes (embedded)"},
        {"image_size": 16},
        {"train_images": 5120},
        {"width": 8},
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


def test_a_plain_network_is_the_papers_but_no_row_of_its_table() -> None:
    run = _run(network="cifar/plain-56")
    assert has_the_papers_network(run)
    assert not repeats_the_paper(run)


def recording(data: str, title: str, **settings: Any) -> RunRecord:
    experiment = Experiment.create(data=data, **settings)
    return RunRecord(
        id="paper-1",
        experiment=experiment,
        state="finished",
        created=0.0,
        data_title=title,
        recorded=True,
    )


def test_the_weights_of_a_copy_are_looked_at_with_the_samples_images() -> None:
    run = recording(COPY, "CIFAR-10 (JPEG copy)", train_images=5120)
    assert is_of_a_copy(run)
    sampled = on_the_sample(run)
    assert sampled.experiment == run.experiment.changed(data="cifar10-sample", train_images=None)
    assert sampled.data_title == "CIFAR-10 (JPEG copy)"


def test_ones_own_run_on_a_copy_has_its_own_images() -> None:
    run = dataclasses.replace(recording(COPY, "CIFAR-10 (JPEG copy)"), recorded=False)
    assert on_the_sample(run) is run


@pytest.mark.parametrize(
    ("data", "title"),
    [("shapes", "shapes (embedded)"), ("cifar10", "CIFAR-10"), ("x.zip", "CIFAR-100 (copy)")],
)
def test_others_are_left_as_they_are(data: str, title: str) -> None:
    run = recording(data, title)
    assert not is_of_a_copy(run)
    assert on_the_sample(run) is run
