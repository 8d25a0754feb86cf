"""When a run measures."""

from __future__ import annotations

from collections.abc import Callable

from resnet_core.experiments.experiment import Experiment
from resnet_core.training.intervals import audited, evaluated, recorded


def _at(occasion: Callable[[Experiment, int], bool], experiment: Experiment) -> list[int]:
    return [i for i in range(experiment.iterations + 1) if occasion(experiment, i)]


def test_each_at_its_interval() -> None:
    experiment = Experiment(iterations=10, record_every=4, evaluate_every=3, audit_every=5)
    assert _at(evaluated, experiment) == [3, 6, 9, 10]
    assert _at(audited, experiment) == [0, 5, 10]
    assert _at(recorded, experiment) == [0, 3, 4, 5, 6, 8, 9, 10]


def test_no_audits() -> None:
    experiment = Experiment(iterations=10, record_every=20, evaluate_every=20, audit_every=0)
    assert _at(audited, experiment) == []
    assert _at(recorded, experiment) == [0, 10]
