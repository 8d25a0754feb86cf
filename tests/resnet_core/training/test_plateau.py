"""Plateaus against a trace that was worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from resnet_core.experiments.experiment import Experiment
from resnet_core.training.learning_rate import Schedule
from resnet_core.training.plateau import Plateau

# Errors of one evaluation after another, and the drops after each, with a patience of three.
TRACE = [
    *((60.0, 0), (50.0, 0), (52.0, 0), (51.0, 0)),
    (49.0, 0),  # just in time
    *((49.0, 0), (49.5, 0), (50.0, 1)),  # no less is no improvement
    *((49.0, 1), (55.0, 1)),  # the least stays 49, the count begins anew
    (40.0, 1),
    *((41.0, 1), (41.0, 1), (41.0, 2), (41.0, 2), (41.0, 2), (41.0, 3)),
]


def test_the_trace() -> None:
    plateau = Plateau(3)
    for error, drops in TRACE:
        plateau.evaluated(error)
        assert plateau.drops == drops, error


@pytest.mark.parametrize("cut", range(len(TRACE)))
def test_going_on_from_any_evaluation(cut: int) -> None:
    before = Plateau(3)
    for error, _ in TRACE[:cut]:
        before.evaluated(error)
    after = Plateau(3)
    after.restore(before.state())
    for error, drops in TRACE[cut:]:
        after.evaluated(error)
        assert after.drops == drops


def test_the_rate_follows(make: Callable[..., Experiment]) -> None:
    schedule = Schedule(make(schedule="plateau", plateau_evaluations=3, learning_rate=0.5))
    for error, drops in TRACE:
        schedule.evaluated(error)
        assert schedule.rate(10) == pytest.approx(0.5 / 10**drops)
    again = Schedule(make(schedule="plateau", plateau_evaluations=3, learning_rate=0.5))
    again.restore(schedule.state())
    assert again.rate(0) == schedule.rate(0)


def test_milestones_know_no_plateau(make: Callable[..., Experiment]) -> None:
    schedule = Schedule(make(milestones=(8,)))
    for _ in range(50):
        schedule.evaluated(90.0)
    assert (schedule.rate(7), schedule.rate(8)) == (0.1, pytest.approx(0.01))
