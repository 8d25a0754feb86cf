"""Verdicts on a highway's shortcuts, open or closed. Arithmetic only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from resnet_core.labs.events import Value, Verdict
from resnet_core.labs.tools.intervals import side

_CLOSED = 0.1  # of x left
_NARROWED = 0.05  # less of x left than at the start


@dataclass(frozen=True)
class Gate:
    """One block's gate, over channels, pixels and images.

    Attributes:
        transform: mean of T.
        low, high: between these lie 80 % of T.
        closed: share of the single gates that leave less than 10 % of x.
        error: standard error of `transform` over the images.
    """

    block: str
    transform: float
    low: float
    high: float
    closed: float
    error: float = 0.0

    @property
    def carry(self) -> float:
        """Mean of 1 - T, the shortcut's weight."""
        return 1 - self.transform


def verdict(label: str, iterations: int, start: Sequence[Gate], gates: Sequence[Gate]) -> Verdict:
    """Describe the narrowest shortcut where it is closed; else the one that has narrowed most,
    where one has; else the narrowest.

    Args:
        start: the gates as they were measured before the training.
    """
    narrowed = [before.carry - after.carry for before, after in zip(start, gates, strict=True)]
    places = range(len(gates))
    place = min(places, key=lambda index: gates[index].carry)
    most_changed = max(places, key=lambda index: narrowed[index])
    closed = side(gates[place].carry, gates[place].error, _CLOSED)
    error = math.hypot(start[most_changed].error, gates[most_changed].error)
    changed = side(narrowed[most_changed], error, _NARROWED)
    finding = "closed" if closed < 0 else "undecided" if closed == 0 else "open"
    if finding == "open" and changed >= 0:
        finding, place = ("narrowed" if changed else "undecided"), most_changed
    gate = gates[place]
    values: dict[str, Value] = {"label": label, "iterations": iterations, "block": gate.block}
    shares = {"carry": gate.carry, "start": start[place].carry, "closed": gate.closed}
    return Verdict(finding, {**values, **{name: 100 * share for name, share in shares.items()}})


def diverged(label: str, iterations: int) -> Verdict:
    """Report that a training's loss was no longer a number."""
    return Verdict("diverged", {"label": label, "iterations": iterations})
