"""Cost on this machine: the time of trainings, and of one image's forward pass."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from app.background.measurements import Failed, Measured, Measurements
from app.background.tasks import JSON_ERRORS
from resnet_core.experiments.experiment import Experiment
from resnet_core.specs.names import Spec
from resnet_core.system import environment

TRAINING_TIMEOUT, FORWARD_TIMEOUT = 300.0, 120.0  # seconds
# Fields that change neither a network's cost nor the number of updates.
_FREE = {
    *("name", "seed", "learning_rate", "momentum", "weight_decay"),
    *("milestones", "warmup", "warmup_iterations"),
}
_FORWARD_OPTIONS = ("shortcut", "stride_in", "block", "image_size", "classes")


@dataclass(frozen=True)
class Estimate(Measured):
    """The time that an experiment would take alone.

    Attributes:
        seconds: for the whole experiment, evaluation included.
        seconds_per_iteration: of training alone.
        hardware: what it was measured on, for the reader.
    """

    seconds: float
    seconds_per_iteration: float
    hardware: str = ""


class TrainingTimes(Measurements[Experiment, Estimate]):
    """Times of experiments, from short real trainings."""

    def __init__(self) -> None:
        super().__init__("timings", Estimate, TRAINING_TIMEOUT)

    def together(self, experiments: Sequence[Experiment]) -> Estimate | Failed | None:
        """The time of experiments that are started together and share this machine."""
        return _shared([self.measure(experiment) for experiment in experiments])

    def known_together(self, experiments: Sequence[Experiment]) -> Estimate | Failed | None:
        """As `together`, but nothing is measured."""
        return _shared([self.known(experiment) for experiment in experiments])

    def command(self, setting: Experiment) -> list[str]:
        pairs = setting.to_query().items()
        options = [part for name, text in pairs for part in (_option(name), text)]
        return ["-m", "resnet_core", JSON_ERRORS, "measure", *options, "--json"]

    def identity(self, setting: Experiment) -> list[object]:
        query = {name: text for name, text in setting.to_query().items() if name not in _FREE}
        machine = [os.cpu_count(), environment.read().worker_threads, environment.read().slots]
        return [sorted(query.items()), machine]


def _shared(estimates: Sequence[Estimate | Failed | None]) -> Estimate | Failed | None:
    complete = []
    for estimate in estimates:
        if not isinstance(estimate, Estimate):
            return estimate
        complete.append(estimate)
    # Runs beyond the cores, or beyond the slots for running, wait for each other.
    lanes = min(environment.read().slots, os.cpu_count() or 1)
    total = sum(estimate.seconds for estimate in complete)
    longest = max(complete, key=lambda estimate: estimate.seconds)
    wall = max(longest.seconds, total / lanes)
    busy = any(estimate.busy for estimate in complete)
    return Estimate(wall, longest.seconds_per_iteration, longest.hardware, busy=busy)


@dataclass(frozen=True)
class Forward(Measured):
    """Cost of one image's forward pass.

    Attributes:
        peak_bytes: the most that weights, maps and working memory took together.
        hardware: what it was measured on, for the reader.
    """

    seconds: float
    peak_bytes: int
    hardware: str
    threads: int


class ForwardCosts(Measurements[Spec, Forward]):
    """Costs of a forward pass by network."""

    def __init__(self) -> None:
        super().__init__("forward", Forward, FORWARD_TIMEOUT)

    def command(self, setting: Spec) -> list[str]:
        options = [
            part
            for name in _FORWARD_OPTIONS
            if name in setting.__dataclass_fields__
            for part in (_option(name), str(getattr(setting, name)))
        ]
        return ["-m", "resnet_core", JSON_ERRORS, "forward", setting.name, *options, "--json"]

    def identity(self, setting: Spec) -> list[object]:
        return [self.command(setting), os.cpu_count(), environment.read().laboratory_threads]


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


training = TrainingTimes()
forward = ForwardCosts()
