"""Verdicts on the errors after lesions. Arithmetic only."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from resnet_core.labs.events import Value, Verdict, attributes


@dataclass
class Losses:
    """One network's errors, percent.

    Attributes:
        whole: of the network as it was trained.
        resizing: with one block removed that halves the feature map or widens it.
        others: with one other block removed.
        swapped: with two neighbours swapped.
        lesion: the blocks that the settings name, and the error after the lesion.
    """

    label: str
    family: str
    whole: float
    resizing: list[float] = field(default_factory=list)
    others: list[float] = field(default_factory=list)
    swapped: list[float] = field(default_factory=list)
    lesion: tuple[str, float] | None = None

    @property
    def removed(self) -> list[float]:
        return self.resizing + self.others

    def cost(self, errors: Sequence[float]) -> float:
        """The mean rise of the error, points."""
        return fmean(errors) - self.whole


def verdicts(losses: Sequence[Losses], images: int) -> Iterator[Verdict]:
    """One for the requested lesion, then one each on removal, down-sampling and order.

    The first plain network is compared with the first that has shortcuts.

    Args:
        images: on which the errors were measured.
    """
    for one in losses:
        if one.lesion is not None:
            blocks, error = one.lesion
            values = attributes(one, "label", "whole")
            yield Verdict("chosen", {**values, "blocks": blocks, "error": error})
    plain = next((one for one in losses if one.family == "plain"), None)
    residual = next((one for one in losses if one.family != "plain"), None)
    if plain and residual:
        yield _removal(plain, residual, images)
    else:
        yield from map(_alone, losses)
    for one in losses:
        if one.family != "plain" and one.resizing and one.others:
            yield _down_sampling(one, images)
    if plain and residual and plain.swapped and residual.swapped:
        yield _swaps(plain, residual)


def margin(images: int) -> float:
    """Points by which two errors on so many images may differ by chance.

    A share of wrong images has a standard error of at most 50 / sqrt(images) points; this is
    twice as much.
    """
    return 100 / math.sqrt(images)


def _removal(plain: Losses, residual: Losses, images: int) -> Verdict:
    less = plain.cost(plain.removed) - residual.cost(residual.removed)
    finding = "holds" if less > 0 else "fails"
    if abs(less) < margin(images):
        finding = "close"
    values: dict[str, Value] = {"margin": margin(images), "images": images}
    for role, one in (("plain", plain), ("residual", residual)):
        values |= {f"{role}_label": one.label, f"{role}_whole": one.whole}
        values |= {role: fmean(one.removed), f"{role}_blocks": len(one.removed)}
    return Verdict(finding, values)


def _alone(one: Losses) -> Verdict:
    values = attributes(one, "label", "whole")
    return Verdict("alone", {**values, "error": fmean(one.removed), "blocks": len(one.removed)})


def _down_sampling(one: Losses, images: int) -> Verdict:
    down, others = one.cost(one.resizing), one.cost(one.others)
    finding = "worse" if down - others > margin(images) else "alike"
    return Verdict.of(f"down_sampling_{finding}", label=one.label, down=down, others=others)


def _swaps(plain: Losses, residual: Losses) -> Verdict:
    values: dict[str, Value] = {}
    for role, one in (("plain", plain), ("residual", residual)):
        values |= {f"{role}_label": one.label, role: one.cost(one.swapped)}
    milder = residual.cost(residual.swapped) < plain.cost(plain.swapped)
    return Verdict("swaps_milder" if milder else "swaps_not_milder", values)
