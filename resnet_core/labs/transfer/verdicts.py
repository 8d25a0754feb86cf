"""Which backbones are better for masks and boxes, as far as the test scenes can tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from resnet_core.labs.events import Verdict
from resnet_core.labs.transfer import scores
from resnet_core.labs.transfer.scores import Index, Score

_RESIDUAL = ("resnet", "preresnet")
_ORDER = ("tuned", "frozen", "scratch")  # of the modes in the verdict
_LEAST = 1.0  # points of mean IoU; heads that all say "background" differ by a little, surely
_MARGIN = 3.0  # points of classification error that a few hundred images cannot tell apart
_MOST = 0.8  # of the pairs have to agree before one "follows" the other


@dataclass(frozen=True)
class Trained:
    """What a head reached on a backbone.

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
class Difference:
    """How far one is ahead of another, percentage points of mean IoU, over the same scenes."""

    points: float
    low: float
    high: float

    @property
    def certain(self) -> bool:
        """Whether 95 % of the draws of scenes have the same one ahead, and by enough to care."""
        return (self.low > 0 or self.high < 0) and abs(self.points) >= _LEAST

    @classmethod
    def between(cls, one: Trained, other: Trained, seed: int = 0) -> Difference:
        def ahead(chosen: Index | None = None) -> float:
            return 100 * (one.score.mean(chosen) - other.score.mean(chosen))

        return cls(ahead(), *scores.interval(ahead, len(one.score), seed))

    def turned(self) -> Difference:
        """The same, seen from the other."""
        return Difference(-self.points, -self.high, -self.low)


def verdicts(trained: Sequence[Trained]) -> Iterator[Verdict]:
    """Shortcuts and depth for each way of using the backbones, then what classification says."""
    compared = False
    for how in _ORDER:
        same = [one for one in trained if one.how == how]
        for residual, plain in _twins(same):
            compared = True
            yield _shortcuts(residual, plain)
        ends = _ends(same)
        if ends is not None:
            yield _depths(*ends)
    if trained and not compared:
        best = max(trained, key=lambda one: one.score.mean())
        yield Verdict("alone", {"label": best.label, "score": 100 * best.score.mean()})
    yield from _classification([one for one in trained if one.how != "scratch"])


def diverged(label: str, updates: int) -> Verdict:
    """The loss is no longer a number."""
    return Verdict("diverged", {"label": label, "updates": updates})


def _twins(trained: Sequence[Trained]) -> list[tuple[Trained, Trained]]:
    """Residual and plain networks of one depth, the deepest first."""
    pairs = [
        (one, other)
        for one in trained
        for other in trained
        if one.family in _RESIDUAL and other.family == "plain" and one.depth == other.depth
    ]
    return sorted(pairs, key=lambda pair: -pair[0].depth)


def _ends(trained: Sequence[Trained]) -> tuple[Trained, Trained] | None:
    """The deepest and the shallowest of one family; of the residual ones, if there are two."""
    for families in (*((family,) for family in _RESIDUAL), ("plain",), ("highway",)):
        own = sorted((one for one in trained if one.family in families), key=lambda one: one.depth)
        if own and own[0].depth < own[-1].depth:
            return own[-1], own[0]
    return None


def _shortcuts(residual: Trained, plain: Trained) -> Verdict:
    found = Difference.between(residual, plain)
    claim = ("residual" if found.points > 0 else "plain") if found.certain else "alike"
    labels = {"residual_label": residual.label, "plain_label": plain.label}
    reached = {"residual": 100 * residual.score.mean(), "plain": 100 * plain.score.mean()}
    errors = {"residual_error": residual.classification, "plain_error": plain.classification}
    return _verdict(claim, residual, found, {**labels, **reached, **errors})


def _depths(deep: Trained, shallow: Trained) -> Verdict:
    found = Difference.between(deep, shallow)
    claim = ("deeper" if found.points > 0 else "shallower") if found.certain else "depth_alike"
    labels = {"deep_label": deep.label, "shallow_label": shallow.label}
    reached = {"deep": 100 * deep.score.mean(), "shallow": 100 * shallow.score.mean()}
    return _verdict(claim, deep, found, {**labels, **reached})


def _verdict(
    claim: str, one: Trained, found: Difference, values: dict[str, str | float]
) -> Verdict:
    """The difference is told from the side of the one that is ahead."""
    told = found if found.points >= 0 else found.turned()
    apart = {"points": told.points, "low": told.low, "high": told.high}
    return Verdict(f"{claim}_{one.how}", {**values, **apart, "scenes": len(one.score)})


def _classification(trained: Sequence[Trained]) -> Iterator[Verdict]:
    """Whether the lower classification error goes with the higher score."""
    agree = []
    for one, other in combinations(trained, 2):
        better = other.classification - one.classification
        if one.how != other.how or abs(better) < _MARGIN:
            continue
        found = Difference.between(one, other)
        if found.certain:
            agree.append(np.sign(better) == np.sign(found.points))
    if agree:
        finding = "follows" if np.mean(agree) >= _MOST else "follows_not"
        yield Verdict(finding, {"pairs": len(agree), "agreeing": int(np.sum(agree))})
