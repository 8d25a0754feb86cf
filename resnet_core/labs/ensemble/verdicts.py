"""Verdicts on averaged predictions and on dropped blocks. Arithmetic only."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from resnet_core.labs.events import Row, Verdict, attributes
from resnet_core.labs.tools.intervals import near_guessing, side, spread

# Percent: an average with fewer mistakes is saturated, and no loss can be compared with its own.
SATURATED = 1.0
# Images on which a pair is wrong together, over all pairs: with fewer there is nothing to compare.
FEW = 20


@dataclass(frozen=True)
class Average:
    """The average of some runs' predictions, all errors in percent.

    Attributes:
        error: of the average.
        alone: mean error of its members; `best` is the lowest of them.
        ahead_of_alone, ahead_of_best: the average's error is lower by more than chance allows
            on these images.
        without_one: error of the average without one member, the mean over members.
        member_error: standard error, over members and images, of what a member's leaving costs.
    """

    members: int
    images: int
    error: float
    alone: float
    best: float
    ahead_of_alone: bool
    ahead_of_best: bool
    without_one: float
    member_error: float = 0.0


@dataclass(frozen=True)
class Thinning:
    """A residual network with one block dropped, all errors in percent.

    Attributes:
        thinned: how many such networks.
        whole: error of the network as trained.
        alone: mean error of the thinned ones; `average` is that of their averaged predictions.
        chance: error of a guess.
        helped: `average` is below `alone` by more than chance allows on these images.
        block_error: standard error, over blocks and images, of what a block's removal costs.
    """

    label: str
    thinned: int
    whole: float
    alone: float
    average: float
    chance: float
    helped: bool
    block_error: float = 0.0


def verdicts(
    average: Average, pairs: Sequence[Row], thinning: Thinning | None
) -> Iterator[Verdict]:
    """One on the average, one on common mistakes, two on dropped blocks."""
    yield _gain(average)
    yield _together(pairs, average.images)
    if thinning is None:
        yield Verdict("nothing_to_drop", {})
        return
    yield _dropped(thinning, average)
    yield _averaged(thinning)


def _gain(average: Average) -> Verdict:
    finding = "no_gain"
    if average.ahead_of_alone:
        finding = "beats_best" if average.ahead_of_best else "beats_mean"
    values = attributes(average, "members", "alone", "best")
    values["average"] = average.error
    if finding != "beats_best":
        values["images"] = average.images
    return Verdict(finding, values)


def _together(pairs: Sequence[Row], images: int) -> Verdict:
    columns = ("both_wrong", "independent", "disagreement")
    both, independent, disagreement = (fmean(float(p[c] or 0) for p in pairs) for c in columns)
    over_pairs = spread([float(pair["both_wrong"] or 0) for pair in pairs])
    error = math.hypot(over_pairs, math.sqrt(both * (100 - both) / images))
    outcomes = {1: "correlated", -1: "independent", 0: "together_undecided"}
    finding = outcomes[side(both, error, independent)]
    if both * len(pairs) * images / 100 < FEW:
        finding = "few_mistakes"
    return Verdict.of(finding, disagreement=disagreement, both=both, independent=independent)


def _dropped(thinning: Thinning, average: Average) -> Verdict:
    """Compare the loss from a dropped block with that from a dropped member of an ensemble.

    Up to twice as much is still called alike. Not Veit et al.'s test: they had no ensemble beside
    the network, and a member's loss falls with the number of members.
    """
    block = thinning.alone - thinning.whole
    member = average.without_one - average.error
    error = math.hypot(thinning.block_error, 2 * average.member_error)
    outcomes = {1: "unlike_ensemble", -1: "like_ensemble", 0: "dropped_undecided"}
    finding = outcomes[side(block, error, 2 * member)]
    if average.error < SATURATED:
        finding = "saturated"
    if near_guessing(thinning.whole, thinning.chance):
        finding = "at_guessing"
    values = attributes(thinning, "label", "whole", "chance")
    values |= {"thinned": thinning.alone, "members": average.members, "member": member}
    return Verdict(finding, {**values, "average": average.error, "block": block})


def _averaged(thinning: Thinning) -> Verdict:
    values = attributes(thinning, "label", "thinned", "average", "alone", "whole")
    return Verdict("thinned_help" if thinning.helped else "thinned_do_not_help", values)
