"""Verdicts on grafted networks and on trainings from them. Arithmetic only."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from resnet_core.labs.events import Value, Verdict, attributes, diverged
from resnet_core.labs.graft.question import Settings
from resnet_core.labs.tools.intervals import Groups

SCRATCH = "scratch"
CONTROL = "control"  # the other form, from scratch
GRAFTED = "0"  # no noise

_SAME = 5.0  # points of error


@dataclass(frozen=True)
class Comparison:
    """A grafted network beside the shallow one, on the same images and in the same mode.

    Attributes:
        error, shallow_error: percent.
        changed: predictions that differ.
        difference: the largest of a logit.
    """

    depth: int
    mode: str
    error: float
    shallow_error: float
    changed: int
    difference: float
    images: int


@dataclass(frozen=True)
class End:
    """Training errors, percent, before and after a training.

    Attributes:
        start: the noise that was added to the grafted weights, `SCRATCH` or `CONTROL`.
    """

    start: str
    before: float
    after: float
    diverged: bool = False


def identity_verdict(comparison: Comparison, shallow: int) -> Verdict:
    """Compare the outputs of the deeper network with the shallow one's."""
    values = attributes(comparison, "error", "images", "changed", "difference")
    depths = {"shallow": shallow, "deep": comparison.depth}
    values |= {**depths, "inserted": comparison.depth - shallow}
    if comparison.changed:
        return Verdict("inexact", values)
    return Verdict("close" if comparison.difference else "exact", values)


def modes_verdict(comparison: Comparison) -> Verdict:
    """The same where BN uses the mini-batch's statistics."""
    differ = abs(comparison.error - comparison.shallow_error) > _SAME
    values = attributes(comparison, "changed", "images")
    values |= {"grafted": comparison.error, "shallow": comparison.shallow_error}
    return Verdict("modes_differ" if differ else "modes_agree", values)


def start_verdict(settings: Settings, depth: int, solution: float, ends: Sequence[End]) -> Verdict:
    """Compare the trainings from the grafted start with those from scratch.

    Args:
        solution: training error of the grafted network before it is trained, percent.
    """
    groups = by_start(settings, ends)
    scratch, grafted = groups.mean(SCRATCH), groups.mean(GRAFTED)
    gap = groups.difference(SCRATCH, GRAFTED)
    values: dict[str, Value] = {"deep": depth, "updates": settings.updates}
    values |= {"seeds": settings.seeds, "solution": solution}
    values |= {"scratch": scratch, "grafted": grafted, "low": gap.low, "high": gap.high}
    if scratch <= solution + _SAME:
        return Verdict("found", values)
    if gap.above(0):
        noises = [noise for noise in groups.errors if noise not in {SCRATCH, CONTROL, GRAFTED}]
        ahead = [noise for noise in noises if groups.difference(SCRATCH, noise).above(0)]
        values["noises"] = ", ".join(map(str, ahead)) or "-"
        return Verdict("stays" if grafted <= solution + _SAME else "leaves_ahead", values)
    return Verdict("leaves_behind" if gap.below(0) else "undecided", values)


def control_verdict(settings: Settings, depth: int, family: str, ends: Sequence[End]) -> Verdict:
    """Compare the two forms from scratch, at the same depth, rate and number of updates."""
    groups = by_start(settings, ends)
    gap = groups.difference(SCRATCH, CONTROL)
    finding = "better" if gap.above(0) else "worse" if gap.below(0) else "undecided"
    other = "resnet" if family == "plain" else "plain"
    return Verdict.of(
        f"control_{finding}",
        own=f"{family}-{depth}",
        control=f"{other}-{depth}",
        scratch=groups.mean(SCRATCH),
        other=groups.mean(CONTROL),
        low=gap.low,
        high=gap.high,
    )


def by_start(settings: Settings, ends: Sequence[End]) -> Groups:
    """The final errors of every start."""
    errors: dict[Hashable, list[float]] = {}
    for end in ends:
        errors.setdefault(end.start, []).append(end.after)
    return Groups(errors, settings.images)


def diverged_verdict(ends: Sequence[End]) -> list[Verdict]:
    """Report trainings whose loss was no longer a number."""
    return diverged("starts", {end.start: end.after for end in ends if end.diverged})
