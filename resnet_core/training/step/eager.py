"""Updates made one at a time, each checked before the next."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Protocol

from resnet_core.training import intervals
from resnet_core.training.step.backpropagation import Backpropagation, BatchResult
from resnet_core.training.train_state import TrainState


@dataclass(frozen=True)
class Update:
    """One update of the weights.

    Attributes:
        rate: the learning rate.
        seconds: that it took.
        diverged: the loss or its gradient is not finite; no update can follow.
    """

    result: BatchResult
    rate: float
    seconds: float
    diverged: bool


class Stepper(Protocol):
    """A way to make updates.

    Attributes:
        backend: its name in the run's record.
    """

    backend: str

    @property
    def in_sync(self) -> bool:
        """True if the weights on the device are those after the update returned last."""
        ...

    def next(self) -> Update:
        """Return the update that follows `TrainState.iteration` others."""
        ...


class EagerStepper:
    """Waits for the device at every update.

    Only then is it known before the weights move that loss and gradient are finite, and whether
    fp16's gradient has overflowed. When Python has queued the backward pass, a GPU is not far
    behind, so the wait is short.
    """

    backend = "eager"
    in_sync = True

    def __init__(self, state: TrainState, backpropagation: Backpropagation) -> None:
        self._state, self._backpropagation = state, backpropagation

    def next(self) -> Update:
        start = time.perf_counter()
        state, iteration = self._state, self._state.iteration + 1
        with state.dropout.at(iteration):
            result = self._backpropagation(
                *state.batches.next(),
                record=intervals.record_due(state.experiment, iteration),
                audit=intervals.audit_due(state.experiment, iteration),
                scaler=state.scaler,
            ).fetch()
        rate = state.schedule.rate(state.iteration)
        diverged = not self._step(result, rate)
        return Update(result, rate, time.perf_counter() - start, diverged)

    def _step(self, result: BatchResult, rate: float) -> bool:
        """Update the weights, unless fp16's gradient has overflowed (Micikevicius et al. 2018,
        section 3.2); return whether training can go on."""
        scaler, optimizer = self._state.scaler, self._state.optimizer
        if not math.isfinite(result.loss):
            return False
        if not scaler.is_enabled():
            if result.finite:
                optimizer.step(rate)
            return result.finite
        scaler.step(optimizer, rate)  # type: ignore[arg-type]  # all that it asks of an optimizer
        scaler.update()
        return result.finite or scaler.get_scale() >= 1  # a smaller factor gains nothing
