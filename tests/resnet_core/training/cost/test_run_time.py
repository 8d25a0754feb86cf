"""The short measurement from which a run's time is estimated."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from resnet_core.data import catalog
from resnet_core.data.selection import Selection
from resnet_core.errors import InvalidSetting, PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.training.cost import run_time
from resnet_core.training.cost.run_time import seconds_per_iteration

Make = Callable[..., Experiment]
FACTS = replace(
    catalog.facts(Selection("shapes")), image_size=8, train_images=5000, test_images=1000
)


def test_all_parts_are_measured_and_added_up(make: Make) -> None:
    experiment = make(iterations=1000, record_every=10, evaluate_every=300, batch_size=32)
    found = seconds_per_iteration(experiment, FACTS)
    assert 1e-4 < found.seconds_per_iteration < 10
    assert 0 <= found.seconds_per_record < 10
    assert 1e-4 < found.seconds_per_evaluation < 60
    assert found.seconds == pytest.approx(
        1000 * found.seconds_per_iteration
        + 101 * found.seconds_per_record
        + 4 * found.seconds_per_evaluation
    )
    assert (found.device, found.precision, found.threads) == ("cpu", "fp32", 1)
    assert found.hardware


@pytest.fixture
def own_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that stands still while other programs have the processor."""
    monkeypatch.setattr(time, "perf_counter", time.process_time)


@pytest.mark.usefixtures("own_time")
def test_deeper_takes_longer(make: Make) -> None:
    shallow, deep = (
        seconds_per_iteration(make(network=f"cifar/resnet-{depth}"), FACTS) for depth in (8, 56)
    )
    assert deep.seconds_per_iteration > 2 * shallow.seconds_per_iteration


@pytest.mark.usefixtures("own_time")
def test_long_updates_are_measured_on_fewer_images(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = make(batch_size=64)
    whole = seconds_per_iteration(experiment, FACTS)
    seen = []
    noise = run_time._noise

    def spy(facts: object, images: int) -> object:
        seen.append(images)
        return noise(facts, images)  # type: ignore[arg-type]

    monkeypatch.setattr(run_time, "_noise", spy)
    image = run_time.describe(experiment.network_spec(8)).multiply_adds
    monkeypatch.setattr(run_time, "_MULTIPLY_ADDS", 16.5 * image)
    part = seconds_per_iteration(experiment, FACTS)
    assert seen == [32]  # 16 to train on, evaluated twice as many
    assert part.seconds_per_iteration > whole.seconds_per_iteration / 5


def test_a_slow_update_is_not_repeated(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = 0
    step = run_time.Session.step

    def count(self: run_time.Session) -> None:
        nonlocal steps
        steps += 1
        step(self)

    monkeypatch.setattr(run_time.Session, "step", count)
    monkeypatch.setattr(run_time, "_PATIENCE", 0.0)
    found = seconds_per_iteration(make(), FACTS)
    assert steps == 1
    assert found.seconds_per_record == 0


def test_a_batch_as_large_as_the_data(make: Make) -> None:
    facts = replace(FACTS, train_images=300)
    assert seconds_per_iteration(make(batch_size=300, train_images=300), facts).seconds > 0


def test_two_classes_and_grey(make: Make) -> None:
    facts = replace(FACTS, classes=2, channels=1)
    assert seconds_per_iteration(make(batch_size=2), facts).seconds > 0


def test_a_network_that_overflows_at_once_is_said(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overflow(self: run_time.Session) -> None:
        raise run_time.NotFinite(float("nan"))

    monkeypatch.setattr(run_time.Session, "step", overflow)
    with pytest.raises(PlaygroundError, match="learning_rate"):
        seconds_per_iteration(make(), FACTS)


def test_a_missing_device_is_said(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(InvalidSetting, match="no CUDA GPU"):
        seconds_per_iteration(make(device="cuda"), FACTS)
