from __future__ import annotations

import pytest

from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs.worker.savepoints import kept_at


@pytest.mark.parametrize(
    ("iterations", "keep", "first", "expected"),
    [
        (400, 4, 0, {100, 200, 300, 400}),
        (10, 3, 0, {3, 6, 10}),
        (3, 8, 0, {1, 2, 3}),
        (100, 0, 0, {100}),
        (100, 1, 0, {100}),
        (100, 2, 60, {80, 100}),
        (61, 8, 60, {61}),
    ],
)
def test_kept_checkpoints_are_evenly_spaced_and_the_last_is_always_kept(
    iterations: int, keep: int, first: int, expected: set[int]
) -> None:
    experiment = Experiment.create(iterations=iterations, keep_checkpoints=keep)
    assert kept_at(experiment, first) == expected
