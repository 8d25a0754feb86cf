"""Verdicts on grafted networks and on trainings from them. Arithmetic only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resnet_core.labs.events import Value, Verdict, attributes, diverged
from resnet_core.labs.graft.question import Settings

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
    """Training errors, percent, before and after a training; noise None: from scratch."""

    noise: float | None
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


def start_verdict(settings: Settings, depth: int, ends: Sequence[End]) -> Verdict:
    """Find how close the start must be to end nearer to the solution than from scratch."""
    grafted_error = ends[0].before
    scratch = next(end.after for end in ends if end.noise is None)
    values: dict[str, Value] = {"deep": depth, "scratch": scratch, "grafted": grafted_error}
    values |= {"few": settings.updates, "updates": settings.patience * settings.updates}
    if scratch <= grafted_error + _SAME:
        return Verdict("found", values)
    halfway = (grafted_error + scratch) / 2
    near, far = _last_near([end for end in ends if end.noise is not None], halfway)
    if near is not None:
        values |= {"kept": near.noise, "end_kept": near.after}
    if far is not None:
        values |= {"lost": far.noise, "end_lost": far.after}
    return Verdict("never" if near is None else "always" if far is None else "near", values)


def _last_near(ends: Sequence[End], halfway: float) -> tuple[End | None, End | None]:
    """The last start before the first that ends far off, and that one; ends by rising noise."""
    near = None
    for end in ends:
        if end.after > halfway:
            return near, end
        near = end
    return near, None


def diverged_verdict(ends: Sequence[End]) -> list[Verdict]:
    """Report trainings whose loss was no longer a number; from scratch has no noise."""
    starts = {"scratch" if end.noise is None else f"{end.noise:g}": end for end in ends}
    return diverged("starts", {name: end.after for name, end in starts.items() if end.diverged})
