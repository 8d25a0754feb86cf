"""The recordings that ship with the project are what they say."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from resnet_core.labs import subjects
from resnet_core.presets import ONE_MINUTE, one_minute
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord
from resnet_core.training.checkpoint import weights_sha256

# Of single images, in which bf16, in which these networks were trained, and fp32 differ.
FEW = 0.5

WITH_WEIGHTS = [run for run in queries.recorded() if queries.folder(run).weights.is_file()]


def test_the_home_page_shows_the_four_of_seed_0_only() -> None:
    found = [run.experiment for run in queries.recorded() if run.group == "one-minute"]
    assert found == list(one_minute(0))


@pytest.mark.parametrize("run", WITH_WEIGHTS, ids=lambda run: run.id)
def test_recorded_weights_are_those_that_training_ended_with(home: Path, run: RunRecord) -> None:
    subject = subjects.load(run.id)
    assert weights_sha256(subject.weights) == run.weights_sha256
    model = subject.model()
    images, labels = subject.test_images()
    with torch.inference_mode():
        wrong = (model(images).argmax(1) != labels).double().mean().item() * 100
    assert run.test_error == pytest.approx(wrong, abs=FEW)
    # Without BN that rate trains nothing; only it and the initial values are others there.
    own = {} if run.experiment.batch_norm else {"learning_rate": run.experiment.learning_rate}
    assert run.experiment.changed(**{**ONE_MINUTE, **own}) == run.experiment


def test_all_weights_together_are_small() -> None:
    sizes = [queries.folder(run).weights.stat().st_size for run in WITH_WEIGHTS]
    assert sum(sizes) < 8 * 2**20
