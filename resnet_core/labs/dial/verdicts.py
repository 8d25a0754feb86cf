"""Verdicts on errors by alpha, of the trained network and after training. Arithmetic only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resnet_core.labs.events import Verdict, diverged

_SAME = 2.0  # points of error, of one network
_BY_CHANCE = 5.0  # points of error, of two short trainings


@dataclass(frozen=True)
class Reading:
    """The trained network at one alpha; errors in percent, loss in nats.

    Attributes:
        error_remeasured, loss_remeasured: with BN's statistics measured at this alpha.
    """

    alpha: float
    error: float
    loss: float
    error_remeasured: float
    loss_remeasured: float


@dataclass(frozen=True)
class End:
    """The final training error with one alpha, percent."""

    alpha: float
    error: float
    diverged: bool = False


def trained_verdict(readings: Sequence[Reading]) -> Verdict:
    """Compare other values of alpha with 1, with which the network was trained."""
    by_alpha = sorted(readings, key=lambda reading: reading.alpha)
    zero, full = by_alpha[0], by_alpha[-1]
    best = min(reversed(by_alpha), key=lambda reading: reading.error)
    values = {"zero": zero.error, "zero_anew": zero.error_remeasured, "full": full.error}
    values |= {"best": best.alpha, "least": best.error}
    if best.error < full.error - _SAME:
        return Verdict("better_elsewhere", values)
    if zero.error <= full.error + _SAME:
        return Verdict("indifferent", values)
    limit = next(r for r in reversed(by_alpha) if r.error > full.error + _SAME)
    at_limit = {"limit": limit.alpha, "at_limit": limit.error, "limit_anew": limit.error_remeasured}
    return Verdict("made_for_one", {**values, **at_limit})


def training_verdict(ends: Sequence[End], updates: int) -> Verdict:
    """Compare the final training errors with each alpha."""
    by_alpha = sorted(ends, key=lambda end: end.alpha)
    zero, full = by_alpha[0].error, by_alpha[-1].error
    best = min(reversed(by_alpha), key=lambda end: end.error)
    most = max(end.error for end in by_alpha)
    values = {"updates": updates, "zero": zero, "full": full}
    values |= {"best": best.alpha, "least": best.error, "most": most}
    if most - best.error <= _BY_CHANCE:
        return Verdict("no_matter", values)
    if best.error < min(zero, full) - _BY_CHANCE:
        return Verdict("part_is_best", values)
    return Verdict("more_is_better" if full <= zero else "less_is_better", values)


def diverged_verdict(ends: Sequence[End]) -> list[Verdict]:
    """Report trainings whose loss was no longer a number."""
    by_alpha = sorted((end for end in ends if end.diverged), key=lambda end: end.alpha)
    return diverged("alphas", {f"{end.alpha:g}": end.error for end in by_alpha})
