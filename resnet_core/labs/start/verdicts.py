"""Verdicts on starts, on singular values, and on a folded network. Arithmetic only."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resnet_core.labs.events import Value, Verdict, diverged
from resnet_core.labs.start.question import Settings
from resnet_core.labs.tools.intervals import Groups, near_guessing
from resnet_core.labs.tools.short_runs import CLASSES, FinalErrors, guessing_error

USUAL, RESIDUAL = "he", "residual"
REMEDIES = ("dirac_noise", "leaky", "dirac_leaky")  # the start alone, the slope alone, both
OTHERS = ("dirac", "orthogonal")
ROLES = (USUAL, RESIDUAL, *REMEDIES, *OTHERS)

EXACT = 1e-5  # of outputs and weights, absolute: the folded network is the same function
_SMALL = 0.01  # of the largest singular value: such a direction is lost
_CHANGED = 10.0  # points of the share of directions that pass

Spectra = Mapping[str, NDArray[np.float64]]  # singular values by role, falling


@dataclass(frozen=True)
class Result:
    """The end of a short run."""

    role: str
    seed: int
    errors: FinalErrors


@dataclass(frozen=True)
class Fold:
    """A Dirac network after some updates, and the plain one that it was folded into.

    Attributes:
        outputs: largest difference of any logit.
        weights: largest difference of any weight from W + I.
        layers: that were folded.
    """

    outputs: float
    weights: float
    images: int
    layers: int
    updates: int


def verdicts(
    results: Sequence[Result], spectra: Spectra, fold: Fold, settings: Settings
) -> Iterator[Verdict]:
    """Form or start, then what the start does to directions, then the fold."""
    errors: dict[Hashable, list[float]] = {}
    for one in results:
        errors.setdefault(one.role, []).append(one.errors.train)
    groups = Groups(errors, settings.train_images)
    yield from about_gap(groups, settings)
    yield directions(spectra)
    yield folding(fold)
    ended = {f"{one.role} ({one.seed})": one.errors.train for one in results if one.errors.diverged}
    yield from diverged("runs", ended)


def about_gap(groups: Groups, settings: Settings) -> Iterator[Verdict]:
    """Say how much of the gap to the residual network each change of the start closes."""
    gap = groups.difference(USUAL, RESIDUAL)
    values: dict[str, Value] = {"depth": settings.depth, "low": gap.low, "high": gap.high}
    values |= {"plain": groups.mean(USUAL), "residual": groups.mean(RESIDUAL)}
    if near_guessing(groups.mean(RESIDUAL), guessing_error(CLASSES)):
        yield Verdict("nothing_learned", values)
    elif not gap.above(0):
        yield Verdict("gap_undecided", values)
    else:
        yield Verdict("gap", values)
        for role in REMEDIES:
            shown = {**values, "error": groups.mean(role), "slope": settings.slope}
            yield Verdict(f"{role}_{closes(groups, role)}", shown)


def closes(groups: Groups, role: str) -> str:
    """Most of the gap, some of it, nothing, or undecided."""
    half = 0.5 * groups.difference(USUAL, RESIDUAL).middle
    left = groups.difference(role, RESIDUAL)
    if left.below(half):
        return "most"
    if groups.difference(USUAL, role).above(0):
        return "some"
    return "little" if left.above(half) else "undecided"


def directions(spectra: Spectra) -> Verdict:
    """Compare the share of directions that pass the blocks, plain and residual, from He's start.

    A direction passes where its singular value is above 1 % of the largest.
    """
    values: dict[str, Value] = {
        role: 100 * float((falling > _SMALL * falling[0]).mean())
        for role, falling in spectra.items()
    }
    difference = float(values[RESIDUAL] or 0) - float(values[USUAL] or 0)
    if abs(difference) < _CHANGED:
        return Verdict("directions_same", values)
    return Verdict("directions_more" if difference > 0 else "directions_fewer", values)


def folding(fold: Fold) -> Verdict:
    """Say whether the folded network is the same function, weight by weight."""
    same = fold.outputs <= EXACT and fold.weights <= EXACT
    return Verdict("folds" if same else "folds_not", vars(fold))
