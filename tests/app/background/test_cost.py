"""Costs come from commands that measure them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from app.background import cost
from app.background.cost import Estimate, Forward, ForwardCosts, TrainingTimes
from resnet_core.commands.networks import forward
from resnet_core.commands.options import given_settings
from resnet_core.commands.train import measure
from resnet_core.experiments import presets
from resnet_core.experiments.experiment import Experiment
from resnet_core.specs.names import spec_of
from tests.app.commands_in_their_place import Started
from tests.small_runs import wait_until

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def measured(answering: Callable[..., Started]) -> Started:
    """The commands started in place of the real measurement."""
    result = {"seconds": 40.0, "seconds_per_iteration": 0.1, "hardware": "a machine", "threads": 1}
    return answering(json.dumps(result))


def test_settings_that_change_no_cost_share_a_measurement(measured: Started) -> None:
    times, experiment = TrainingTimes(), Experiment()
    assert times.measure(experiment) is None
    expected = Estimate(40.0, 0.1, "a machine")
    assert wait_until(lambda: times.measure(experiment), "the estimate", 60) == expected
    assert times.measure(experiment.changed(seed=7, name="other")) == expected
    assert times.known(experiment.changed(width=8)) is None
    assert len(measured) == 1


@pytest.mark.parametrize("busy", [False, True])
def test_runs_together_share_the_cores(
    busy: bool, measured: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost.os, "cpu_count", lambda: 2)
    monkeypatch.setattr("app.background.measurements.Load.by_others", lambda _: busy)
    experiments = presets.one_minute()
    times = TrainingTimes()
    estimate = wait_until(lambda: times.together(experiments), "the estimate", 60)
    assert estimate == Estimate(40.0 * 4 / 2, 0.1, "a machine", busy=busy)
    assert times.known_together(experiments) == estimate
    assert times.known_together([*experiments, Experiment(width=9)]) is None


def test_the_measure_command_understands_its_options() -> None:
    experiment = Experiment.create(
        network="cifar/plain-56", image_size=16, milestones=(5, 9), flip=False, warmup="linear",
        warmup_iterations=3, batch_norm=False,
    )  # fmt: skip
    module, package, _, command, *options = TrainingTimes().command(experiment)
    assert (module, package, command) == ("-m", "resnet_core", "measure")
    context = measure.make_context("measure", options)
    assert context.params.pop("as_json")
    assert Experiment.create(**given_settings(context.params)) == experiment


_FORWARD = {"seconds": 0.5, "peak_bytes": 2_000_000, "hardware": "a machine", "threads": 1}


def test_another_option_is_another_forward_measurement(answering: Callable[..., Started]) -> None:
    started = answering(json.dumps({**_FORWARD, "device": "cpu", "passes": 3}))
    costs, spec = ForwardCosts(), spec_of("imagenet/resnet-50", shortcut="C")
    assert wait_until(lambda: costs.measure(spec), "the measurement", 60) == Forward(**_FORWARD)
    assert ForwardCosts().known(spec) == Forward(**_FORWARD)
    assert costs.known(spec_of("imagenet/resnet-50", shortcut="B")) is None
    assert len(started) == 1


@pytest.mark.parametrize("name", ["imagenet/vgg-16", "imagenet/resnet-50", "cifar/resnet-20"])
def test_the_forward_command_understands_its_options(name: str) -> None:
    module, package, _, command, network, *options = ForwardCosts().command(spec_of(name))
    assert (module, package, command, network) == ("-m", "resnet_core", "forward", name)
    known = {option for parameter in forward.params for option in parameter.opts}
    assert set(options[:-1:2]) | {options[-1]} <= known
