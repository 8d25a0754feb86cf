"""The schedule of a run: learning rate, evaluations, audits and records by iteration.

The rate follows sections 3.4 and 4.2. Whether something is measured follows from the iteration
alone, so a resumed run measures at the same ones.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from resnet_core.experiments.experiment import WARMUP_ERROR, Experiment

DROP = 10.0
# Section 4.2, n = 18: 0.01 in place of 0.1 until the training error is below 80 %.
WARMUP_FACTOR = 0.1
# The training error that ends the warm-up is that of whole windows of about this many
# images, one after the other: at 80 % its standard error is 0.8 points. Not the telemetry's
# running error, or recording more often would change the weights.
WARMUP_WINDOW = 2560
# A GPU trains a ResNet-20 some 1500 times a second: neither charts nor a pause wait noticeably.
MAX_CHUNK = 64


@dataclass
class Plateau:
    """Plateaus of the test error: `patience` evaluations in a row without a new minimum.

    torch's ReduceLROnPlateau multiplies a rate in place, whose rounding would change the weights
    of a seed; here the number of drops is counted and the rate computed from it.

    Attributes:
        minimum: the least error so far, percent; it stays after a plateau.
        evaluations: since the minimum or the last plateau.
        drops: plateaus so far.
    """

    patience: int
    minimum: float = math.inf
    evaluations: int = 0
    drops: int = 0

    def observe(self, error: float) -> None:
        """Take an evaluation into account: percent wrong."""
        if error < self.minimum:
            self.minimum, self.evaluations = error, 0
            return
        self.evaluations += 1
        if self.evaluations == self.patience:
            self.drops, self.evaluations = self.drops + 1, 0

    def state_dict(self) -> dict[str, Any]:
        """Return the counters under the names that checkpoints have always had."""
        return {"least": self.minimum, "since": self.evaluations, "drops": self.drops}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.minimum, self.evaluations = state["least"], state["since"]
        self.drops = state["drops"]


class Schedule:
    """Divides the rate by ten at each milestone or plateau, after the warm-up if there is one."""

    def __init__(self, experiment: Experiment) -> None:
        self._rate = experiment.learning_rate
        self._drops = experiment.drops
        by_plateau = experiment.schedule == "plateau"
        self._plateau = Plateau(experiment.plateau_evaluations) if by_plateau else None
        self._warmup = experiment.effective_warmup
        self._ramp = experiment.warmup_iterations
        self._window = math.ceil(WARMUP_WINDOW / experiment.batch_size)  # iterations
        self._warm = self._warmup != "until-error"
        self._iterations = self._images = self._wrong = 0  # in the present window

    def rate(self, iteration: int) -> float:
        """Return the rate of the update that follows `iteration` others."""
        plateaus = self._plateau.drops if self._plateau else 0
        dropped = self._rate / DROP ** (plateaus + bisect_right(self._drops, iteration))
        return dropped * self._warmup_factor(iteration)

    def _warmup_factor(self, iteration: int) -> float:
        if self._warmup == "linear":
            return min(1.0, (iteration + 1) / self._ramp)
        return 1.0 if self._warm else WARMUP_FACTOR

    @property
    def fixed_updates(self) -> int | None:
        """For how many more updates the rate does not depend on their results; None: for all up
        to the next evaluation."""
        return None if self._warm else self._window - self._iterations

    def observe_batch(self, wrong: int, images: int) -> None:
        """Take one mini-batch's training error into account: `wrong` of its images."""
        if self._warm:
            return
        self._iterations += 1
        self._images += images
        self._wrong += wrong
        if self._iterations == self._window:
            self._warm = 100 * self._wrong < WARMUP_ERROR * self._images
            self._iterations = self._images = self._wrong = 0

    def observe_evaluation(self, error: float) -> None:
        """Take an evaluation on the test images into account: percent wrong."""
        if self._plateau is not None:
            self._plateau.observe(error)

    def state_dict(self) -> dict[str, Any]:
        window = [self._iterations, self._images, self._wrong]
        state: dict[str, Any] = {"warm": self._warm, "window": window}
        return {**state, "plateau": self._plateau.state_dict()} if self._plateau else state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self._warm = state["warm"]
        self._iterations, self._images, self._wrong = state["window"]
        if self._plateau is not None:
            self._plateau.load_state_dict(state["plateau"])


def evaluation_due(experiment: Experiment, iteration: int) -> bool:
    """Return whether the network is evaluated: every `evaluate_every` iterations and at the end,
    but not before the first update."""
    last = iteration == experiment.iterations
    return last or (iteration > 0 and iteration % experiment.evaluate_every == 0)


def audit_due(experiment: Experiment, iteration: int) -> bool:
    """Return whether the pass is audited: every `audit_every` iterations from 0 on; 0: never."""
    return experiment.audit_every > 0 and iteration % experiment.audit_every == 0


def record_due(experiment: Experiment, iteration: int) -> bool:
    """Return whether the pass is recorded: every `record_every` iterations, and whenever there is
    an evaluation or an audit to record."""
    due = iteration % experiment.record_every == 0
    return due or evaluation_due(experiment, iteration) or audit_due(experiment, iteration)


def chunk_length(
    experiment: Experiment,
    iteration: int,
    sync_at: Container[int] = (),
    fixed_updates: int | None = None,
) -> int:
    """Return how many updates can be launched together, up to the next evaluation or iteration
    of `sync_at`, and before the next audit.

    Args:
        iteration: updates made so far.
        fixed_updates: see `learning_rate.Schedule`.

    Returns:
        At most `MAX_CHUNK`; 0: the very next update is audited, which no graph contains.
    """
    for count in range(1, MAX_CHUNK + 1):
        end = iteration + count
        if audit_due(experiment, end):
            return count - 1
        if count == fixed_updates or evaluation_due(experiment, end) or end in sync_at:
            return count
    return MAX_CHUNK
