"""What counts as the paper's own experiment, and what only as its network."""

from __future__ import annotations

from typing import Any

import pytest

from resnet_core.experiments.experiment import Experiment
from resnet_core.paper.cifar import ITERATIONS
from resnet_core.runs.paper_recipe import has_the_papers_network, repeats_the_paper
from resnet_core.runs.record import RunRecord


def _run(title: str = "CIFAR-10", parent: str | None = None, **changes: Any) -> RunRecord:
    settings = {"network": "cifar/resnet-56", "iterations": ITERATIONS, **changes}
    experiment = Experiment.create(**settings)
    return RunRecord("one", experiment, "finished", 0.0, parent=parent, data_title=title)


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
