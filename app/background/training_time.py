"""How long experiments would take on this machine, from short real trainings."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from app.background.measurements import Failed, Measured, Measurements
from resnet_core.experiments.experiment import Experiment
from resnet_core.system import environment

PATIENCE = 300.0  # seconds
# Fields that change neither a network's cost nor the number of updates.
_FREE = {
    *("name", "seed", "learning_rate", "momentum", "weight_decay"),
    *("milestones", "warmup", "warmup_iterations"),
}


@dataclass(frozen=True)
class Estimate(Measured):
    """The time that an experiment would take alone.

    Attributes:
        seconds: for the whole experiment, evaluation included.
        seconds_per_iteration: of training alone.
        hardware: what it was measured on, for people.
    """

    seconds: float
    seconds_per_iteration: float
    hardware: str = ""


class Timings(Measurements[Experiment, Estimate]):
    """The time of one experiment after another, and of some together."""

    def __init__(self) -> None:
        super().__init__("timings", Estimate, PATIENCE)

    def together(self, experiments: Sequence[Experiment]) -> Estimate | Failed | None:
        """The time for experiments that are started together and share this machine."""
        return self._shared([self.ask(experiment) for experiment in experiments])

    def known_together(self, experiments: Sequence[Experiment]) -> Estimate | Failed | None:
        """As `together`, but nothing is measured for the sake of it."""
        return self._shared([self.known(experiment) for experiment in experiments])

    def _shared(self, answers: Sequence[Estimate | Failed | None]) -> Estimate | Failed | None:
        known = []
        for one in answers:
            if not isinstance(one, Estimate):
                return one
            known.append(one)
        # Runs beyond the cores, or beyond the places for running, wait for each other.
        lanes = min(environment.slots(), os.cpu_count() or 1)
        total = sum(one.seconds for one in known)
        longest = max(known, key=lambda one: one.seconds)
        wall = max(longest.seconds, total / lanes)
        busy = any(one.busy for one in known)
        return Estimate(wall, longest.seconds_per_iteration, longest.hardware, busy=busy)

    def command(self, subject: Experiment) -> list[str]:
        return ["-m", "resnet_core", "measure", *options(subject), "--json"]

    def likeness(self, subject: Experiment) -> list[object]:
        query = {f: v for f, v in subject.to_query().items() if f not in _FREE}
        machine = [os.cpu_count(), environment.threads(), environment.slots()]
        return [sorted(query.items()), machine]


_timings = Timings()
estimate = _timings.ask
known = _timings.known
together = _timings.together
known_together = _timings.known_together


def options(experiment: Experiment) -> list[str]:
    """The experiment as options of the command line."""
    pairs = experiment.to_query().items()
    return [part for name, text in pairs for part in (f"--{name.replace('_', '-')}", text)]
