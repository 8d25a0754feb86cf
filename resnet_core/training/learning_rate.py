"""The learning rate, iteration by iteration (sections 3.4 and 4.2)."""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import Any

from resnet_core.experiments.experiment import WARMUP_ERROR, Experiment
from resnet_core.training.plateau import Plateau

DROP = 10.0
# Section 4.2, n = 18: 0.01 in place of 0.1 until the training error is below 80 %.
WARMUP_FACTOR = 0.1
# The training error that ends the warm-up is that of whole windows of about this many
# images, one after the other: at 80 % its standard error is 0.8 points. Not the telemetry's
# running error, or recording more often would change the weights.
WARMUP_WINDOW = 2560


class Schedule:
    """Divides the rate by ten at each milestone or plateau; before that, where asked, warms up.

    What it has seen belongs to the checkpoint: see `state`.
    """

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
        """Of the update that is made after `iteration` updates."""
        found = self._plateau.drops if self._plateau else 0
        dropped = self._rate / DROP ** (found + bisect_right(self._drops, iteration))
        return dropped * self._factor(iteration)

    def _factor(self, iteration: int) -> float:
        if self._warmup == "linear":
            return min(1.0, (iteration + 1) / self._ramp)
        return 1.0 if self._warm else WARMUP_FACTOR

    @property
    def known(self) -> int | None:
        """For how many more updates the rate does not depend on what they show; None: for all,
        evaluations left aside."""
        return None if self._warm else self._window - self._iterations

    def observe(self, wrong: int, images: int) -> None:
        """Take note of one mini-batch's training error: `wrong` of its images."""
        if self._warm:
            return
        self._iterations += 1
        self._images += images
        self._wrong += wrong
        if self._iterations == self._window:
            self._warm = 100 * self._wrong < WARMUP_ERROR * self._images
            self._iterations = self._images = self._wrong = 0

    def evaluated(self, error: float) -> None:
        """Take note of an evaluation on the test images: percent wrong."""
        if self._plateau is not None:
            self._plateau.evaluated(error)

    def state(self) -> dict[str, Any]:
        """For `restore`, in a later process."""
        window = [self._iterations, self._images, self._wrong]
        state: dict[str, Any] = {"warm": self._warm, "window": window}
        return {**state, "plateau": self._plateau.state()} if self._plateau else state

    def restore(self, state: dict[str, Any]) -> None:
        self._warm = state["warm"]
        self._iterations, self._images, self._wrong = state["window"]
        if self._plateau is not None:
            self._plateau.restore(state["plateau"])
