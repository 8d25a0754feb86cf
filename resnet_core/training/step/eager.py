"""How updates are made: one after the other, each looked at before the next."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from resnet_core.training import intervals
from resnet_core.training.step.backpropagation import Pass

if TYPE_CHECKING:
    from resnet_core.training.session import Session


@dataclass(frozen=True)
class Update:
    """One update of the weights.

    Attributes:
        rate: the learning rate.
        broken: the loss or its gradient is not finite; no update is worth making with it.
    """

    passed: Pass
    rate: float
    broken: bool


class Updates(Protocol):
    """A way to make updates.

    Attributes:
        backend: what the run's record calls it.
    """

    backend: str

    def make(self, iteration: int) -> list[Update]:
        """One or more updates after `iteration` others. After a broken one none counts."""


class EagerUpdates:
    """Waits for the device at every update.

    Only so is it known before the weights move that loss and gradient are finite, and whether
    fp16's gradient has overflowed. When Python has queued the backward pass, a GPU is not far
    behind, so the wait is short.
    """

    backend = "eager"

    def __init__(self, session: Session) -> None:
        self._session = session

    def make(self, iteration: int) -> list[Update]:
        """One update."""
        session, scale = self._session, self._session.loss_scale.factor
        with session.dropout.of(iteration + 1):
            shown = session.backpropagation(
                *session.batches.next(),
                record=intervals.recorded(session.experiment, iteration + 1),
                audit=intervals.audited(session.experiment, iteration + 1),
                loss_scale=scale,
            )
        passed, rate = shown.fetch(), session.schedule.rate(iteration)
        if not math.isfinite(passed.loss):
            return [Update(passed, rate, broken=True)]
        if not session.loss_scale.accepts(passed.gradient_norm):
            return [Update(passed, rate, broken=session.loss_scale.exhausted)]
        session.optimizer.update(rate, scale)
        return [Update(passed, rate, broken=False)]
