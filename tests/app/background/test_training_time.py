"""Time estimates come from a measurement that another process makes."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from app.background import training_time
from app.background.training_time import Estimate, Timings
from resnet_core.commands.experiment_options import given
from resnet_core.commands.measure import measure
from resnet_core.experiments import presets
from resnet_core.experiments.experiment import Experiment
from tests.app.commands_in_their_place import Started
from tests.small_runs import wait_until

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def measured(answering: Callable[..., Started]) -> Started:
    """Commands that were started in place of the real measurement."""
    said = {"seconds": 40.0, "seconds_per_iteration": 0.1, "hardware": "a machine", "threads": 1}
    return answering(json.dumps(said))


def test_what_changes_no_cost_is_no_other_measurement(measured: Started) -> None:
    asked, experiment = Timings(), Experiment()
    assert asked.ask(experiment) is None
    expected = Estimate(40.0, 0.1, "a machine")
    assert wait_until(lambda: asked.ask(experiment), "the estimate", 60) == expected
    assert asked.ask(experiment.changed(seed=7, name="other")) == expected
    assert asked.known(experiment.changed(width=8)) is None
    assert len(measured) == 1


@pytest.mark.parametrize("busy", [False, True])
def test_runs_together_share_the_cores(
    busy: bool, measured: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training_time.os, "cpu_count", lambda: 2)
    monkeypatch.setattr("app.background.measurements.Load.by_others", lambda _: busy)
    experiments = presets.one_minute()
    asked = Timings()
    found = wait_until(lambda: asked.together(experiments), "the estimate", 60)
    assert found == Estimate(40.0 * 4 / 2, 0.1, "a machine", busy=busy)
    assert asked.known_together(experiments) == found
    assert asked.known_together([*experiments, Experiment(width=9)]) is None


def test_the_command_takes_the_options_that_it_is_given() -> None:
    experiment = Experiment.create(
        network="cifar/plain-56", image_size=16, milestones=(5, 9), flip=False, warmup="linear",
        warmup_iterations=3, batch_norm=False,
    )  # fmt: skip
    module, package, command, *options = Timings().command(experiment)
    assert (module, package, command) == ("-m", "resnet_core", "measure")
    context = measure.make_context("measure", options)
    assert context.params.pop("as_json")
    assert Experiment.create(**given(context.params)) == experiment
