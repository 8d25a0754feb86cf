"""Verdicts on backbones for masks and boxes, with their uncertainty. Arithmetic only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from resnet_core.labs.events import Value, Verdict
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
class Difference:
    """One's lead over another, percentage points of mean IoU, over the same scenes."""

    points: float
    low: float
    high: float

    @property
    def certain(self) -> bool:
        """The 95 % interval excludes 0, and the lead is at least `_LEAST`."""
        return (self.low > 0 or self.high < 0) and abs(self.points) >= _LEAST

    @classmethod
    def between(cls, one: Trained, other: Trained, seed: int = 0) -> Difference:
        def ahead(sample: Index | None = None) -> float:
            return 100 * (one.score.mean(sample) - other.score.mean(sample))

        return cls(ahead(), *interval(ahead, len(one.score), seed))

    def reversed(self) -> Difference:
        """The difference with the two exchanged."""
        return Difference(-self.points, -self.high, -self.low)


def verdicts(trained: Sequence[Trained]) -> Iterator[Verdict]:
    """Shortcuts and depth for each use of the backbones, then the classification error."""
    compared = False
    for how in _ORDER:
        same = [one for one in trained if one.how == how]
        for residual, plain in _same_depth(same):
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
    """Report that the loss was no longer a number."""
    return Verdict("diverged", {"label": label, "updates": updates})


def _same_depth(trained: Sequence[Trained]) -> list[tuple[Trained, Trained]]:
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
    errors = {"residual_error": residual.classification, "plain_error": plain.classification}
    claims = ("residual", "alike", "plain")
    return _verdict(claims, {"residual": residual, "plain": plain}, **errors)


def _depths(deep: Trained, shallow: Trained) -> Verdict:
    return _verdict(("deeper", "depth_alike", "shallower"), {"deep": deep, "shallow": shallow})


def _verdict(claims: tuple[str, str, str], pair: Mapping[str, Trained], **values: Value) -> Verdict:
    """Compare two; give the difference as a lead of the better one.

    Args:
        claims: where the first leads, where neither does, and where the second does.
        pair: by their names in the sentence.
    """
    first, second = pair.values()
    lead = Difference.between(first, second)
    claim = claims[0 if lead.points > 0 else 2] if lead.certain else claims[1]
    lead = lead if lead.points >= 0 else lead.reversed()
    for name, one in pair.items():
        values |= {f"{name}_label": one.label, name: 100 * one.score.mean()}
    values |= {**vars(lead), "scenes": len(first.score)}
    return Verdict(f"{claim}_{first.how}", values)


def _classification(trained: Sequence[Trained]) -> Iterator[Verdict]:
    """Compare the order of classification errors with the order of scores."""
    agree = []
    for one, other in combinations(trained, 2):
        better = other.classification - one.classification
        if one.how != other.how or abs(better) < _MARGIN:
            continue
        lead = Difference.between(one, other)
        if lead.certain:
            agree.append(np.sign(better) == np.sign(lead.points))
    if agree:
        finding = "follows" if np.mean(agree) >= _MOST else "follows_not"
        yield Verdict(finding, {"pairs": len(agree), "agreeing": int(np.sum(agree))})
