"""What the gates of a highway network say. Arithmetic only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resnet_core.labs.events import Value, Verdict

_CLOSED = 0.1  # of x left
_NARROWED = 0.05  # less of x left than at the start


@dataclass(frozen=True)
class Gate:
    """One block's gate, over channels, pixels and images.

    Attributes:
        transform: mean of T.
        low, high: between these lie eight tenths of T.
        closed: share of the single gates that leave less than a tenth of x.
    """

    block: str
    transform: float
    low: float
    high: float
    closed: float

    @property
    def carry(self) -> float:
        """Mean of 1 - T, what is left of the shortcut."""
        return 1 - self.transform


def verdict(label: str, iterations: int, start: Sequence[float], gates: Sequence[Gate]) -> Verdict:
    """Of the shortcut that lets least through, where it is closed; else of the one that has
    narrowed most, where one has; else of the one that lets least through.

    Args:
        start: each block's carry before the training.
    """
    places = range(len(gates))
    place = min(places, key=lambda index: gates[index].carry)
    narrowest = max(places, key=lambda index: start[index] - gates[index].carry)
    finding = "closed" if gates[place].carry < _CLOSED else "open"
    if finding == "open" and start[narrowest] - gates[narrowest].carry >= _NARROWED:
        finding, place = "narrowed", narrowest
    values: dict[str, Value] = {
        "label": label,
        "iterations": iterations,
        "block": gates[place].block,
        "carry": 100 * gates[place].carry,
        "start": 100 * start[place],
        "closed": 100 * gates[place].closed,
    }
    return Verdict(finding, values)


def diverged(label: str, iterations: int) -> Verdict:
    """Of a training whose loss is no longer a number."""
    return Verdict("diverged", {"label": label, "iterations": iterations})
