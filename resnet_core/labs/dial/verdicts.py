"""Verdicts on errors by alpha, of the trained network and after training. Arithmetic only."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from resnet_core.labs.dial.question import Settings
from resnet_core.labs.events import Value, Verdict, diverged
from resnet_core.labs.tools.intervals import Groups, Interval

_SAME = 2.0  # points of error, of one network
_BY_CHANCE = 5.0  # points of error; nearer than this two trainings are called the same


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


def training_verdict(ends: Sequence[End], settings: Settings) -> Verdict:
    """Compare the final training errors with each alpha, by intervals over seeds and images."""
    errors: dict[Hashable, list[float]] = {}
    for end in sorted(ends, key=lambda end: end.alpha):
        errors.setdefault(end.alpha, []).append(end.error)
    groups = Groups(errors, settings.images)
    alphas = list(errors)
    zero, full = alphas[0], alphas[-1]
    best, worst = min(reversed(alphas), key=groups.mean), max(alphas, key=groups.mean)
    gap = groups.difference(zero, full)
    values: dict[str, Value] = {"updates": settings.updates, "seeds": settings.seeds}
    values |= {"zero": groups.mean(zero), "full": groups.mean(full)}
    values |= {"low": gap.low, "high": gap.high}
    values |= {"best": best, "least": groups.mean(best)}  # type: ignore[dict-item]
    values |= {"worst": worst, "most": groups.mean(worst)}  # type: ignore[dict-item]
    return Verdict(_training_finding(groups, (zero, full), best, worst, gap), values)


def _training_finding(
    groups: Groups, ends: tuple[Hashable, Hashable], best: Hashable, worst: Hashable, gap: Interval
) -> str:
    better, worse = sorted(ends, key=groups.mean)
    if best not in ends and groups.difference(better, best).above(0):
        return "part_is_best"
    if worst not in ends and groups.difference(worst, worse).above(0):
        return "part_is_worst"
    if gap.above(0):
        return "more_is_better"
    if gap.below(0):
        return "less_is_better"
    return "no_matter" if groups.difference(worst, best).within(_BY_CHANCE) else "undecided"


def diverged_verdict(ends: Sequence[End]) -> list[Verdict]:
    """Report trainings whose loss was no longer a number."""
    by_alpha = sorted((end for end in ends if end.diverged), key=lambda end: end.alpha)
    return diverged("alphas", {f"{end.alpha:g}": end.error for end in by_alpha})
