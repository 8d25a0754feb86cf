"""Verdicts on the errors after lesions. Arithmetic only."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from resnet_core.labs.events import Value, Verdict, attributes
from resnet_core.labs.tools.intervals import ERRORS, near_guessing, share_error, side, spread

# Points: of an ordinary block that costs fewer hardly anything is missed, as in their Fig. 3.
_HARDLY_MISSED = 10.0


@dataclass
class Losses:
    """One network's errors, percent.

    Attributes:
        whole: of the network as it was trained.
        resizing: with one block removed that halves the feature map or widens it.
        others: with one other block removed.
        swapped: with two neighbours swapped.
        chance: error of a guess.
        lesion: the blocks that the settings name, and the error after the lesion.
    """

    label: str
    family: str
    whole: float
    resizing: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)
    swapped: list[float] = field(default_factory=list)
    chance: float = 90.0
    lesion: tuple[str, float] | None = None

    @property
    def removed(self) -> list[float]:
        return self.resizing + self.others

    def cost(self, errors: Sequence[float]) -> float:
        """The mean rise of the error, points."""
        return fmean(errors) - self.whole


def verdicts(losses: Sequence[Losses], images: int) -> Iterator[Verdict]:
    """One for the requested lesion, then one each on removal, down-sampling and order.

    The first plain network is compared with the first that has shortcuts. A network at guessing
    has nothing to lose, so it is compared with none.

    Args:
        images: on which the errors were measured.
    """
    for one in losses:
        if one.lesion is not None:
            blocks, error = one.lesion
            values = attributes(one, "label", "whole")
            yield Verdict("chosen", {**values, "blocks": blocks, "error": error})
    at_guessing = [one for one in losses if near_guessing(one.whole, one.chance)]
    for one in at_guessing:
        yield Verdict("at_guessing", attributes(one, "label", "whole", "chance"))
    trained = [one for one in losses if one not in at_guessing]
    plain = next((one for one in trained if one.family == "plain"), None)
    residual = next((one for one in trained if one.family != "plain"), None)
    if plain and residual:
        yield _removal(plain, residual, images)
    else:
        yield from map(_alone, trained)
    for one in trained:
        if one.family != "plain" and one.resizing and one.others:
            yield _down_sampling(one, images)
    if plain and residual and plain.swapped and residual.swapped:
        yield _swaps(plain, residual, images)


def difference_error(first: Sequence[float], second: Sequence[float], images: int) -> float:
    """Standard error of the difference of two mean errors, points: over the blocks and images."""
    return math.hypot(spread(first), spread(second), share_error(images))


def _removal(plain: Losses, residual: Losses, images: int) -> Verdict:
    less = plain.cost(plain.removed) - residual.cost(residual.removed)
    error = difference_error(plain.removed, residual.removed, images)
    finding = {1: "weaker", -1: "fails", 0: "close"}[side(less, error)]
    if finding == "weaker" and _as_large_as_theirs(plain, residual):
        finding = "holds"
    values: dict[str, Value] = {"margin": ERRORS * error, "images": images}
    for role, one in (("plain", plain), ("residual", residual)):
        values |= {f"{role}_label": one.label, f"{role}_whole": one.whole}
        values |= {role: fmean(one.removed), f"{role}_blocks": len(one.removed)}
    return Verdict(finding, values)


def _as_large_as_theirs(plain: Losses, residual: Losses) -> bool:
    """Check the sizes of Veit et al.: a plain network ruined, an ordinary block hardly missed."""
    ruined = near_guessing(fmean(plain.removed), plain.chance)
    ordinary = residual.others or residual.removed
    # Before and after are on the same images, so only the blocks differ by chance.
    return ruined and side(residual.cost(ordinary), spread(ordinary), _HARDLY_MISSED) < 0


def _alone(one: Losses) -> Verdict:
    values = attributes(one, "label", "whole")
    return Verdict("alone", {**values, "error": fmean(one.removed), "blocks": len(one.removed)})


def _down_sampling(one: Losses, images: int) -> Verdict:
    down, others = one.cost(one.resizing), one.cost(one.others)
    error = difference_error(one.resizing, one.others, images)
    finding = {1: "worse", -1: "milder", 0: "undecided"}[side(down - others, error)]
    return Verdict.of(f"down_sampling_{finding}", label=one.label, down=down, others=others)


def _swaps(plain: Losses, residual: Losses, images: int) -> Verdict:
    values: dict[str, Value] = {}
    for role, one in (("plain", plain), ("residual", residual)):
        values |= {f"{role}_label": one.label, role: one.cost(one.swapped)}
    less = plain.cost(plain.swapped) - residual.cost(residual.swapped)
    error = difference_error(plain.swapped, residual.swapped, images)
    finding = {1: "milder", -1: "not_milder", 0: "undecided"}[side(less, error)]
    return Verdict(f"swaps_{finding}", values)
