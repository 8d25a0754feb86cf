"""Verdicts on backbones for masks and boxes, with their uncertainty. Arithmetic only."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean

import numpy as np

from resnet_core.labs.events import Value, Verdict
from resnet_core.labs.tools.intervals import quantile, spread
from resnet_core.labs.transfer.scenes import Index, Score, interval

_RESIDUAL = ("resnet", "preresnet")
_ORDER = ("tuned", "frozen", "scratch")  # of the modes in the verdict
_LEAST = 1.0  # points of mean IoU; heads that all predict "background" differ by less
_MARGIN = 3.0  # points of classification error; a few hundred images do not resolve less
_MOST = 0.8  # of the pairs must agree before one "follows" the other


@dataclass(frozen=True)
class Trained:
    """A head's result on a backbone.

    Attributes:
        how: frozen, tuned or scratch.
        classification: error of the network on its own test images, percent.
    """

    label: str
    family: str
    depth: int
    how: str
    score: Score
    classification: float


@dataclass(frozen=True)
class Group:
    """Heads on backbones that differ in their seed alone."""

    members: tuple[Trained, ...]

    @property
    def first(self) -> Trained:
        return self.members[0]

    @property
    def label(self) -> str:
        """The network's name, with the number of seeds where there are several."""
        one = self.first
        several = f"{one.family}-{one.depth} (x{len(self.members)})"
        return one.label if len(self.members) == 1 else several

    @property
    def classification(self) -> float:
        return fmean(one.classification for one in self.members)

    def mean(self, sample: Index | None = None) -> float:
        """Mean score of the members, points of IoU."""
        return 100 * fmean(one.score.mean(sample) for one in self.members)

    def spread(self) -> float:
        """Standard error of the mean over the seeds."""
        return spread([100 * one.score.mean() for one in self.members])


@dataclass(frozen=True)
class Difference:
    """One's lead over another, percentage points of mean IoU, over the same scenes.

    Attributes:
        seeds: the interval covers the backbones' seeds as well as the scenes.
    """

    points: float
    low: float
    high: float
    seeds: bool = False

    @property
    def certain(self) -> bool:
        """The 95 % interval excludes 0, and the lead is at least `_LEAST`."""
        return (self.low > 0 or self.high < 0) and abs(self.points) >= _LEAST

    @classmethod
    def between(cls, one: Group, other: Group, seed: int = 0) -> Difference:
        """The lead, with the interval over scenes widened by the spread over seeds, if there are
        at least two of each."""

        def ahead(sample: Index | None = None) -> float:
            return one.mean(sample) - other.mean(sample)

        low, high = interval(ahead, len(one.first.score), seed)
        freedom = len(one.members) + len(other.members) - 2
        if min(len(one.members), len(other.members)) < 2:
            return cls(ahead(), low, high)
        by_seeds = quantile(freedom) * math.hypot(one.spread(), other.spread())
        half = math.hypot((high - low) / 2, by_seeds)
        return cls(ahead(), ahead() - half, ahead() + half, seeds=True)

    def reversed(self) -> Difference:
        """The difference with the two exchanged."""
        return Difference(-self.points, -self.high, -self.low, self.seeds)


def verdicts(trained: Sequence[Trained]) -> Iterator[Verdict]:
    """Shortcuts and depth for each use of the backbones, then the classification error."""
    compared = False
    for how in _ORDER:
        groups = _groups([one for one in trained if one.how == how])
        for residual, plain in _same_depth(groups):
            compared = True
            yield _shortcuts(residual, plain)
        ends = _ends(groups)
        if ends is not None:
            yield _depths(*ends)
    if trained and not compared:
        best = max(trained, key=lambda one: one.score.mean())
        yield Verdict("alone", {"label": best.label, "score": 100 * best.score.mean()})
    yield from _classification([one for one in trained if one.how != "scratch"])


def diverged(label: str, updates: int) -> Verdict:
    """Report that the loss was no longer a number."""
    return Verdict("diverged", {"label": label, "updates": updates})


def _groups(trained: Sequence[Trained]) -> list[Group]:
    """The heads by family and depth of their backbones."""
    by_network: dict[tuple[str, int], list[Trained]] = {}
    for one in trained:
        by_network.setdefault((one.family, one.depth), []).append(one)
    return [Group(tuple(members)) for members in by_network.values()]


def _same_depth(groups: Sequence[Group]) -> list[tuple[Group, Group]]:
    """Residual and plain networks of one depth, the deepest first."""
    pairs = [
        (one, other)
        for one in groups
        for other in groups
        if one.first.family in _RESIDUAL
        and other.first.family == "plain"
        and one.first.depth == other.first.depth
    ]
    return sorted(pairs, key=lambda pair: -pair[0].first.depth)


def _ends(groups: Sequence[Group]) -> tuple[Group, Group] | None:
    """The deepest and the shallowest of one family; of the residual ones, if there are two."""
    for families in (*((family,) for family in _RESIDUAL), ("plain",), ("highway",)):
        own = [group for group in groups if group.first.family in families]
        own.sort(key=lambda group: group.first.depth)
        if own and own[0].first.depth < own[-1].first.depth:
            return own[-1], own[0]
    return None


def _shortcuts(residual: Group, plain: Group) -> Verdict:
    errors = {"residual_error": residual.classification, "plain_error": plain.classification}
    claims = ("residual", "alike", "plain", "single")
    return _verdict(claims, {"residual": residual, "plain": plain}, **errors)


def _depths(deep: Group, shallow: Group) -> Verdict:
    claims = ("deeper", "depth_alike", "shallower", "depth_single")
    return _verdict(claims, {"deep": deep, "shallow": shallow})


def _verdict(
    claims: tuple[str, str, str, str], pair: Mapping[str, Group], **values: Value
) -> Verdict:
    """Compare two; give the difference as a lead of the better one.

    Args:
        claims: where the first leads, where neither does, where the second does, and where one
            seed of a backbone does not tell.
        pair: by their names in the sentence.
    """
    first, second = pair.values()
    lead = Difference.between(first, second)
    claim = claims[0 if lead.points > 0 else 2] if lead.certain else claims[1]
    if lead.certain and not lead.seeds:
        claim = claims[3]
    lead = lead if lead.points >= 0 else lead.reversed()
    for name, one in pair.items():
        values |= {f"{name}_label": one.label, name: one.mean()}
    values |= {"points": lead.points, "low": lead.low, "high": lead.high}
    return Verdict(f"{claim}_{first.first.how}", {**values, "scenes": len(first.first.score)})


def _classification(trained: Sequence[Trained]) -> Iterator[Verdict]:
    """Compare the order of classification errors with the order of scores.

    Pairs that are too near in either are left out, and counted. Where they are most of them,
    the rest decides nothing.
    """
    agree, near = [], 0
    for one, other in combinations(trained, 2):
        if one.how != other.how:
            continue
        better = other.classification - one.classification
        lead = Difference.between(Group((one,)), Group((other,)))
        if abs(better) < _MARGIN or not lead.certain:
            near += 1
        else:
            agree.append(np.sign(better) == np.sign(lead.points))
    if not agree:
        return
    finding = "follows" if np.mean(agree) >= _MOST else "follows_not"
    if near > len(agree):
        finding = "follows_undecided"
    counts = {"pairs": len(agree), "agreeing": int(np.sum(agree)), "near": near}
    yield Verdict(finding, {**counts, "margin": _MARGIN})
