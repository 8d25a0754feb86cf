"""The short measurement from which a run's time is estimated."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from resnet_core.data import catalog
from resnet_core.data.dataset import Selection
from resnet_core.errors import InvalidSetting, PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.training import schedule
from resnet_core.training.cost import run_time
from resnet_core.training.cost.run_time import estimate_run_time
from resnet_core.training.step.backpropagation import BatchResult
from resnet_core.training.step.stepper import Update

Make = Callable[..., Experiment]
FACTS = replace(
    catalog.facts(Selection("shapes")), image_size=8, train_images=5000, test_images=1000
)


def test_all_parts_are_measured_and_added_up(make: Make) -> None:
    experiment = make(iterations=1000, record_every=10, evaluate_every=300, batch_size=32)
    found = estimate_run_time(experiment, FACTS)
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
        estimate_run_time(make(network=f"cifar/resnet-{depth}"), FACTS) for depth in (8, 56)
    )
    assert deep.seconds_per_iteration > 2 * shallow.seconds_per_iteration


@pytest.mark.usefixtures("own_time")
def test_long_updates_are_measured_on_fewer_images(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = make(batch_size=64)
    whole = estimate_run_time(experiment, FACTS)
    seen = []
    noise = run_time._noise

    def spy(facts: object, images: int) -> object:
        seen.append(images)
        return noise(facts, images)  # type: ignore[arg-type]

    monkeypatch.setattr(run_time, "_noise", spy)
    image = run_time.describe(experiment.network_spec(8)).multiply_adds
    monkeypatch.setattr(run_time, "_MULTIPLY_ADDS", 16.5 * image)
    part = estimate_run_time(experiment, FACTS)
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
    monkeypatch.setattr(run_time, "_MAX_SECONDS", 0.0)
    found = estimate_run_time(make(), FACTS)
    assert steps == 1
    assert found.seconds_per_record == 0


def test_a_record_costs_what_it_adds_to_an_update_as_the_run_makes_it(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recorded update of a CUDA graph takes much less than an eager pass."""

    class Replays:
        backend, in_sync = "cuda-graph", True

        def __init__(self, session: run_time.Session) -> None:
            self._state = session.state

        def next(self) -> Update:
            recorded = schedule.record_due(self._state.experiment, self._state.iteration + 1)
            result = BatchResult(loss=1.0, wrong=0, gradient_norm=1.0, readings=None)
            return Update(result, 0.1, 0.0015 if recorded else 0.001, diverged=False)

    class OnGpu(run_time.Session):
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            self.stepper = Replays(self)

    monkeypatch.setattr(run_time, "Session", OnGpu)
    found = estimate_run_time(make(), FACTS)
    assert found.seconds_per_iteration == pytest.approx(0.001)
    assert found.seconds_per_record == pytest.approx(0.0005)


def test_a_batch_as_large_as_the_data(make: Make) -> None:
    facts = replace(FACTS, train_images=300)
    assert estimate_run_time(make(batch_size=300, train_images=300), facts).seconds > 0


def test_two_classes_and_grey(make: Make) -> None:
    facts = replace(FACTS, classes=2, channels=1)
    assert estimate_run_time(make(batch_size=2), facts).seconds > 0


def test_a_network_that_overflows_at_once_is_said(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overflow(self: run_time.Session) -> None:
        raise run_time.NotFinite(float("nan"))

    monkeypatch.setattr(run_time.Session, "step", overflow)
    with pytest.raises(PlaygroundError, match="learning_rate"):
        estimate_run_time(make(), FACTS)


def test_a_missing_device_is_said(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(InvalidSetting, match="no CUDA GPU"):
        estimate_run_time(make(device="cuda"), FACTS)
