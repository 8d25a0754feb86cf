"""Measurements: made once by a process beside the server, and cached while they hold."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from app.background import measurements
from app.background.measurements import (
    Estimate,
    Failed,
    Forward,
    ForwardCosts,
    Load,
    Measured,
    Measurements,
    TrainingTimes,
)
from resnet_core.commands.networks import forward
from resnet_core.commands.options import given_settings
from resnet_core.commands.train import measure
from resnet_core.experiments import presets
from resnet_core.experiments.experiment import Experiment
from resnet_core.specs.names import spec_of
from resnet_core.system.texts import Message
from tests.app.commands_in_their_place import Started
from tests.small_runs import wait_until

FULL = Message("errors.system.disk_full_export", path="/x")

pytestmark = pytest.mark.usefixtures("home")


@dataclass(frozen=True)
class Weight(Measured):
    grams: float


class Scales(Measurements[str, Weight]):
    def __init__(self, name: str = "weights", timeout: float = 60.0) -> None:
        super().__init__(name, Weight, timeout)

    def command(self, setting: str) -> list[str]:
        return ["-m", "weigh", setting]

    def identity(self, setting: str) -> list[object]:
        return [setting.lower()]


_ANSWER = json.dumps({"grams": 2.5, "device": "scales"})


def _answer(scales: Scales, setting: str = "net") -> Weight | Failed:
    answer = wait_until(lambda: scales.measure(setting), "the measurement", 60)
    wait_until(lambda: not scales.tasks.running, "the thread's end", 60)
    return answer


def test_a_result_is_measured_once_and_cached_for_the_next_server(
    answering: Callable[..., Started],
) -> None:
    started = answering(_ANSWER)
    scales = Scales()
    assert scales.cached("net") is None
    assert _answer(scales) == scales.cached("NET") == Scales().measure("net") == Weight(2.5)
    assert started == [[sys.executable, "-m", "weigh", "net"]]
    _answer(scales, "another")
    assert len(started) == 2


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """How busy others keep the machine, and what time it is; no look at it takes any."""
    now = SimpleNamespace(busy=True, later=0.0, looks=0)

    def left_enough(_: Load) -> bool:
        now.looks += 1
        return not now.busy

    monkeypatch.setattr(measurements.Load, "by_others", lambda _: now.busy)
    monkeypatch.setattr(measurements.Load, "left_enough", left_enough)
    monkeypatch.setattr(measurements, "time", lambda: time.time() + now.later)
    monkeypatch.setattr(measurements, "_OBSERVED", 0.0)
    return now


def _requested_again(scales: Scales) -> Weight | Failed | None:
    """What a request returns, after the measurement that it may have started has ended."""
    known = scales.measure("net")
    wait_until(lambda: not scales.tasks.running, "the thread's end", 60)
    return known


def test_a_result_from_a_busy_machine_says_so(
    answering: Callable[..., Started], machine: SimpleNamespace
) -> None:
    started = answering(_ANSWER)
    scales = Scales()
    assert _answer(scales) == Weight(2.5, busy=True)
    assert Scales().cached("net") == Weight(2.5, busy=True)
    for seconds in (0.0, measurements.IDLE_AFTER - 1, measurements.ANYWAY_AFTER - 1):
        machine.later = seconds
        assert _requested_again(scales) == Weight(2.5, busy=True)
    assert len(started) == 1
    assert machine.looks == 1  # there was nothing to be looked for within the first minute


def test_it_is_measured_again_once_the_machine_is_idle(
    answering: Callable[..., Started], machine: SimpleNamespace
) -> None:
    started = answering(_ANSWER)
    _answer(Scales())
    machine.busy = False
    scales = Scales()  # of a server that was started meanwhile
    assert _requested_again(scales) == Weight(2.5, busy=True)
    assert len(started) == 1
    machine.later = measurements.IDLE_AFTER + 1
    assert _requested_again(scales) == Weight(2.5, busy=True)  # nobody waits for the new one
    assert scales.cached("net") == Scales().cached("net") == Weight(2.5)
    machine.later = 10 * measurements.ANYWAY_AFTER
    assert _requested_again(scales) == Weight(2.5)
    assert len(started) == 2


def test_it_is_measured_again_after_a_long_while_on_a_busy_machine(
    answering: Callable[..., Started], machine: SimpleNamespace
) -> None:
    started = answering(_ANSWER)
    scales = Scales()
    _answer(scales)
    machine.later = measurements.ANYWAY_AFTER + 1
    for _ in range(2):
        assert _requested_again(scales) == Weight(2.5, busy=True)
    assert len(started) == 2
    answering("", code=1)
    machine.later *= 2
    assert _requested_again(scales) == scales.cached("net") == Weight(2.5, busy=True)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ({"code": 2, "errors": FULL.dumps()}, str(FULL)),
        ({"code": 1, "errors": "Traceback\nMemoryError"}, "The measurement failed."),
        ({"output": "no JSON"}, "The measurement failed."),
        ({"output": "[]"}, "The measurement failed."),
        ({"output": '{"pounds": 5}'}, "The measurement failed."),
        ({"output": '{"grams": "heavy"}'}, "The measurement failed."),
    ],
    ids=["refused", "broken", "no JSON", "list", "other fields", "other types"],
)
def test_a_failed_command_and_an_unreadable_result_are_failures(
    command: dict[str, Any], reason: str, answering: Callable[..., Started]
) -> None:
    started = answering(**{"output": "", **command})
    scales = Scales()
    answer = _answer(scales)
    assert isinstance(answer, Failed)
    assert str(answer.reason) == reason
    assert scales.measure("net") == scales.cached("net") == answer
    assert len(started) == 1


def test_a_fault_in_the_measuring_thread_is_a_failure(
    answering: Callable[..., Started], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Load) -> bool:
        raise ZeroDivisionError

    answering(_ANSWER)
    monkeypatch.setattr(measurements.Load, "by_others", fail)
    assert _answer(Scales()) == Failed(Message("errors.measurement.failed"))


def test_a_command_that_cannot_start_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measurements.sys, "executable", "/no/such/python")
    answer = _answer(Scales())
    assert isinstance(answer, Failed)
    assert str(answer.reason) == (
        "The measurement could not be started (No such file or directory)."
    )


def test_a_measurement_that_takes_too_long_is_given_up(answering: Callable[..., Started]) -> None:
    answering(_ANSWER, seconds=120)
    assert _answer(Scales(timeout=0.2)) == Failed(Message("errors.measurement.late", seconds="0"))


def test_a_damaged_cache_is_ignored(answering: Callable[..., Started], home: Path) -> None:
    answering(_ANSWER)
    _answer(Scales())
    (file,) = home.rglob("weights/*.json")
    file.write_text('{"grams": ', encoding="utf-8")
    assert Scales().cached("net") is None


def test_nothing_is_measured_for_a_page_that_was_left(
    answering: Callable[..., Started], monkeypatch: pytest.MonkeyPatch
) -> None:
    started = answering(_ANSWER)
    scales = Scales()
    with measurements._machine.turn:
        assert scales.measure("net") is None
        later = time.monotonic() + measurements._INTEREST + 1
        monkeypatch.setattr(measurements, "monotonic", lambda: later)
    wait_until(lambda: not scales.tasks.running, "the thread's end", 60)
    assert started == []


def test_two_kinds_wait_for_each_other_and_both_make_way(
    answering: Callable[..., Started],
) -> None:
    started = answering(_ANSWER, seconds=120)
    scales = [Scales("weights"), Scales("lengths")]
    for number, one in enumerate(scales, start=1):
        assert one.measure("net") is None
        wait_until(lambda: measurements._machine._running, "the measurement's start", 60)
        assert len(started) == number
        if number == 1:  # the other is asked for meanwhile, and waits
            assert scales[1].measure("net") is None
            assert len([t for t in threading.enumerate() if t.name.startswith("measure ")]) == 2
            assert len(started) == 1
        measurements.make_way()
        # Nothing is known, and whoever asks again has it measured again.
        wait_until(lambda one=one: not one.tasks.running, "the giving up", 60)
        assert one.cached("net") is None


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], Load]:
    """The load of a machine with two cores of which a measurement takes one, by idle cores."""

    def observe(idle: float) -> Load:
        monkeypatch.setattr(measurements.psutil, "cpu_count", lambda: 2)
        monkeypatch.setenv("RESIDUAL_PLAYGROUND_THREADS", "1")
        clock = iter([100.0, 110.0])
        monkeypatch.setattr(measurements, "monotonic", lambda: next(clock))
        times = iter([SimpleNamespace(idle=50.0), SimpleNamespace(idle=50.0 + 10 * idle)])
        monkeypatch.setattr(measurements.psutil, "cpu_times", lambda: next(times))
        return Load()

    return observe


@pytest.mark.parametrize(("idle", "busy"), [(1.0, False), (0.9, False), (0.2, True), (0.0, True)])
def test_other_programs_are_noticed_by_the_cores_they_take(
    idle: float, busy: bool, load: Callable[[float], Load]
) -> None:
    assert load(idle).by_others() is busy


@pytest.mark.parametrize(("idle", "enough"), [(2.0, True), (0.9, True), (0.4, False), (0.0, False)])
def test_an_idle_machine_has_the_cores_that_a_measurement_takes(
    idle: float, enough: bool, load: Callable[[float], Load]
) -> None:
    assert load(idle).left_enough() is enough


pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def measured(answering: Callable[..., Started]) -> Started:
    """The commands started in place of the real measurement."""
    result = {"seconds": 40.0, "seconds_per_iteration": 0.1, "hardware": "a machine", "threads": 1}
    return answering(json.dumps(result))


def test_settings_that_change_no_cost_share_a_measurement(measured: Started) -> None:
    times, experiment = TrainingTimes("timings", Estimate, 300), Experiment()
    assert times.measure(experiment) is None
    expected = Estimate(40.0, 0.1, "a machine")
    assert wait_until(lambda: times.measure(experiment), "the estimate", 60) == expected
    assert times.measure(experiment.changed(seed=7, name="other")) == expected
    assert times.cached(experiment.changed(width=8)) is None
    assert len(measured) == 1


@pytest.mark.parametrize("busy", [False, True])
def test_runs_together_share_the_cores(
    busy: bool, measured: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measurements.os, "cpu_count", lambda: 2)
    monkeypatch.setattr("app.background.measurements.Load.by_others", lambda _: busy)
    experiments = presets.one_minute()
    times = TrainingTimes("timings", Estimate, 300)
    estimate = wait_until(lambda: times.together(experiments), "the estimate", 60)
    assert estimate == Estimate(40.0 * 4 / 2, 0.1, "a machine", busy=busy)
    assert times.cached_together(experiments) == estimate
    assert times.cached_together([*experiments, Experiment(width=9)]) is None


def test_the_measure_command_understands_its_options() -> None:
    experiment = Experiment.create(
        network="cifar/plain-56", image_size=16, milestones=(5, 9), flip=False, warmup="linear",
        warmup_iterations=3, batch_norm=False,
    )  # fmt: skip
    module, package, _, command, *options = measurements.training.command(experiment)
    assert (module, package, command) == ("-m", "resnet_core", "measure")
    context = measure.make_context("measure", options)
    assert context.params.pop("as_json")
    assert Experiment.create(**given_settings(context.params)) == experiment


_FORWARD = {"seconds": 0.5, "peak_bytes": 2_000_000, "hardware": "a machine", "threads": 1}


def test_another_option_is_another_forward_measurement(answering: Callable[..., Started]) -> None:
    started = answering(json.dumps({**_FORWARD, "device": "cpu", "passes": 3}))
    costs, spec = ForwardCosts("forward", Forward, 120), spec_of("imagenet/resnet-50", shortcut="C")
    assert wait_until(lambda: costs.measure(spec), "the measurement", 60) == Forward(**_FORWARD)
    assert ForwardCosts("forward", Forward, 120).cached(spec) == Forward(**_FORWARD)
    assert costs.cached(spec_of("imagenet/resnet-50", shortcut="B")) is None
    assert len(started) == 1


@pytest.mark.parametrize("name", ["imagenet/vgg-16", "imagenet/resnet-50", "cifar/resnet-20"])
def test_the_forward_command_understands_its_options(name: str) -> None:
    command_line = measurements.forward.command(spec_of(name))
    module, package, _, command, network, *options = command_line
    assert (module, package, command, network) == ("-m", "resnet_core", "forward", name)
    known = {option for parameter in forward.params for option in parameter.opts}
    assert set(options[:-1:2]) | {options[-1]} <= known
