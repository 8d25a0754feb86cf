"""How many updates can be made before anybody has to look at them."""

from __future__ import annotations

from collections.abc import Container

from resnet_core.experiments.experiment import Experiment
from resnet_core.training import intervals

# A GPU trains a ResNet-20 some 1500 times a second: charts and a teacher's "pause" do not wait.
MOST = 64


def length(
    experiment: Experiment, iteration: int, halts: Container[int] = (), known: int | None = None
) -> int:
    """Updates from `iteration` up to the next evaluation or halt, and before the next audit.

    0: the very next one is audited, which is no usual pass. `known`: see `Schedule`.
    """
    for count in range(1, MOST + 1):
        reached = iteration + count
        if intervals.audited(experiment, reached):
            return count - 1
        if count == known or intervals.evaluated(experiment, reached) or reached in halts:
            return count
    return MOST
