"""The recordings that ship with the project are what they say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from resnet_core.experiments.experiment import Experiment
from resnet_core.experiments.presets import FOUR, ONE_MINUTE, PHOTOGRAPHS, one_minute, photographs
from resnet_core.experiments.reproductions import SCALED_ITERATIONS, Scale, reproduction
from resnet_core.labs.tools import trained_network
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord
from resnet_core.training.checkpoint.files import weights_sha256

# Of single images, in which bf16, in which these networks were trained, and fp32 differ.
FEW = 0.5

NAMES = [network.removeprefix("cifar/") for network in FOUR]
WITH_WEIGHTS = [run for run in queries.recorded() if queries.folder(run).weights.is_file()]
DEMOS = {"shapes": ONE_MINUTE, "cifar10-sample": PHOTOGRAPHS}
OF_THE_DEMO = [run for run in WITH_WEIGHTS if run.experiment.data in DEMOS]


@pytest.mark.parametrize("preset", [one_minute, photographs])
def test_the_home_page_shows_the_four_of_seed_0_only(
    preset: Callable[[int], tuple[Experiment, ...]],
) -> None:
    group = preset.__name__.replace("_", "-")
    experiments = [run.experiment for run in queries.recorded() if run.group == group]
    assert sorted(experiments, key=repr) == sorted(preset(0), key=repr)


@pytest.mark.parametrize("run", WITH_WEIGHTS, ids=lambda run: run.id)
def test_recorded_weights_are_those_that_training_ended_with(home: Path, run: RunRecord) -> None:
    assert weights_sha256(trained_network.load(run.id).weights) == run.weights_sha256


@pytest.mark.parametrize("run", OF_THE_DEMO, ids=lambda run: run.id)
def test_they_make_the_recorded_error(home: Path, run: RunRecord) -> None:
    assert _test_error(run) == pytest.approx(run.test_error, abs=FEW)
    # Without BN that rate trains nothing; only it and the initial values are others there.
    own = {} if run.experiment.batch_norm else {"learning_rate": run.experiment.learning_rate}
    recipe = DEMOS[run.experiment.data]
    assert run.experiment.changed(**{**recipe, **own}) == run.experiment


def test_those_of_full_size_do_too(home: Path) -> None:
    """On the sample's 1,000 of the 10,000 test images: the standard error is 1.3 points."""
    runs = [run for run in queries.recorded() if run.group == "paper-8000"]
    scale = Scale(full=False, iterations=SCALED_ITERATIONS, seeds=(0,), data="cifar10-jpeg.tar.xz")
    planned = reproduction("figure6").plan(scale)
    assert {run.experiment for run in runs} == set(planned)
    for run in runs:
        assert _test_error(run) == pytest.approx(run.test_error, abs=3.0)


def _test_error(run: RunRecord, count: int | None = None) -> float:
    subject = trained_network.load(run.id)
    images, labels = subject.test_images(count)
    with torch.inference_mode():
        scores = torch.cat([subject.model()(part) for part in images.split(500)])
    return float((scores.argmax(1) != labels).double().mean()) * 100


def test_all_recordings_together_are_small() -> None:
    files = [path for path in queries.RECORDED.rglob("*") if path.is_file()]
    folders = [queries.RECORDED / f"paper-8000-{name}-seed-0" for name in NAMES]
    full_size = {folder / "model.safetensors" for folder in folders}
    assert sum(path.stat().st_size for path in full_size) < 10 * 10**6
    assert sum(path.stat().st_size for path in files if path not in full_size) < 20 * 10**6
