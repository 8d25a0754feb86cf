"""Time estimates come from a measurement that another process makes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from app import timings
from app.timings import Estimate, Failed, Timings
from resnet_core import presets
from resnet_core.commands.experiment_options import given
from resnet_core.commands.measure import measure
from resnet_core.experiment import Experiment
from tests.small_runs import wait_until

_ANSWER = {"seconds": 40.0, "seconds_per_iteration": 0.1, "hardware": "a machine"}


@pytest.fixture
def measured(home: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands that were started in place of the real measurement."""
    started: list[list[str]] = []
    real = subprocess.Popen

    def start(command: list[str], **settings: object) -> subprocess.Popen[str]:
        started.append(command)
        script = f"print({json.dumps(json.dumps(_ANSWER))})"
        return real([sys.executable, "-c", script], **settings)  # type: ignore[call-overload]

    monkeypatch.setattr(timings.subprocess, "Popen", start)
    monkeypatch.setattr(timings.Load, "by_others", lambda _: False)
    return started


def _answered(asked: Timings, experiment: Experiment) -> Estimate | Failed:
    return wait_until(lambda: asked.estimate(experiment), "the estimate", 30)


def test_it_is_measured_once_and_kept_for_the_next_server(measured: list[list[str]]) -> None:
    asked, experiment = Timings(), Experiment()
    assert asked.estimate(experiment) is None
    expected = Estimate(40.0, 0.1, "a machine")
    assert _answered(asked, experiment) == expected
    assert asked.estimate(experiment.changed(seed=7, name="other")) == expected
    assert Timings().estimate(experiment) == expected
    assert len(measured) == 1


def test_what_was_measured_on_a_busy_machine_holds_for_the_moment_only(
    measured: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timings.Load, "by_others", lambda _: True)
    asked, experiment = Timings(), Experiment()
    assert _answered(asked, experiment) == Estimate(40.0, 0.1, "a machine")
    assert Timings().estimate(experiment) is None  # another server measures for itself
    later = time.monotonic() + timings.BUSY_FOR + 1
    monkeypatch.setattr(timings.time, "monotonic", lambda: later)
    assert asked.estimate(experiment) is None


@pytest.mark.parametrize(
    ("idle", "disturbed"), [(1.0, False), (0.9, False), (0.2, True), (0.0, True)]
)
def test_others_are_noticed_by_the_cores_they_take(
    idle: float, disturbed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timings.psutil, "cpu_count", lambda: 2)
    monkeypatch.setattr(timings.settings, "threads", lambda: 1)
    clock = iter([100.0, 110.0])
    monkeypatch.setattr(timings.time, "monotonic", lambda: next(clock))
    times = iter([SimpleNamespace(idle=50.0), SimpleNamespace(idle=50.0 + 10 * idle)])
    monkeypatch.setattr(timings.psutil, "cpu_times", lambda: next(times))
    assert timings.Load().by_others() is disturbed


def test_another_cost_is_another_measurement(measured: list[list[str]]) -> None:
    asked = Timings()
    for experiment in (Experiment(), Experiment(width=8)):
        _answered(asked, experiment)
    assert len(measured) == 2


def test_runs_together_share_the_cores(
    measured: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timings.os, "cpu_count", lambda: 2)
    experiments = presets.one_minute()
    asked = Timings()
    found = wait_until(lambda: asked.together(experiments), "the estimate", 60)
    assert isinstance(found, Estimate)
    assert found.seconds == 40.0 * 4 / 2


def test_the_options_are_what_the_command_line_takes() -> None:
    experiment = Experiment.create(
        network="cifar/plain-56", image_size=16, milestones=(5, 9), flip=False, warmup="linear",
        warmup_iterations=3, batch_norm=False,
    )  # fmt: skip
    context = measure.make_context("measure", timings.options(experiment))
    context.params.pop("as_json")
    assert Experiment.create(**given(context.params)) == experiment


def test_a_measurement_that_fails_says_why() -> None:
    failed = timings._read(1, "", "Traceback\nError: data: there is no such set.\n")
    assert failed == Failed("data: there is no such set.")


def test_a_training_that_starts_goes_first(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, started = subprocess.Popen, []

    def start(command: list[str], **settings: object) -> subprocess.Popen[str]:
        process = real([sys.executable, "-c", "import time; time.sleep(60)"], **settings)  # type: ignore[call-overload]
        started.append(process)
        return process

    monkeypatch.setattr(timings.subprocess, "Popen", start)
    asked, experiment = Timings(), Experiment()
    assert asked.estimate(experiment) is None
    wait_until(lambda: started and asked._running, "the measurement's start", 30)
    asked.make_way()
    assert started[0].wait(10) != 0
    # Nothing is known, and whoever asks again has it measured again.
    wait_until(lambda: asked._running is None and not asked._asked, "the giving up", 30)
    assert asked._known == {}
