"""Verdicts on the scores against the masks. Arithmetic only."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from resnet_core.labs.attribution.question import NAMES
from resnet_core.labs.events import Value, Verdict, attributes

_ERRORS = 2.0  # standard errors by which two means must differ


@dataclass(frozen=True)
class Score:
    """One method on one network; percent, with standard errors over the images.

    Attributes:
        inside: mean share of the attribution that lies inside the shape.
        pointing: share of images whose largest value does.
        area: mean share of the picture that the shape covers: the score of chance.
    """

    label: str
    family: str
    method: str
    inside: float
    inside_error: float
    pointing: float
    pointing_error: float
    area: float


def verdicts(scores: Sequence[Score]) -> Iterator[Verdict]:
    """Plain against residual where there is one of each; then each network's best and worst."""
    families = {score.label: score.family for score in scores}
    plain = [label for label, family in families.items() if family == "plain"]
    residual = [label for label, family in families.items() if family != "plain"]
    if len(plain) == len(residual) == 1:
        yield _pair(scores, plain[0], residual[0])
    for label in families:
        own = [score for score in scores if score.label == label]
        yield _verdict("best", max(own, key=lambda score: score.inside))
        for score in own:
            if score.inside <= score.area + _ERRORS * score.inside_error:
                yield _verdict("below_chance", score)


def _pair(scores: Sequence[Score], plain: str, residual: str) -> Verdict:
    """Compare method by method; the methods are correlated, so one or two of them decide nothing:
    one network's lead must be over half of them."""
    by_method = {
        label: {score.method: score for score in scores if score.label == label}
        for label in (plain, residual)
    }
    shared = [name for name in by_method[plain] if name in by_method[residual]]
    gaps = [_gap(by_method[residual][name], by_method[plain][name]) for name in shared]
    more, less = sum(gap > 0 for gap in gaps), sum(gap < 0 for gap in gaps)
    finding = "neither"
    if 2 * (more - less) > len(shared):
        finding = "residual_more"
    elif 2 * (less - more) > len(shared):
        finding = "plain_more"
    values: dict[str, Value] = {"residual_label": residual, "plain_label": plain}
    return Verdict(finding, {**values, "residual": more, "plain": less, "methods": len(shared)})


def _gap(first: Score, second: Score) -> float:
    """The first's advantage; 0 where chance allows it on these images."""
    error = math.hypot(first.inside_error, second.inside_error)
    gap = first.inside - second.inside
    return gap if abs(gap) > _ERRORS * error else 0.0


def _verdict(finding: str, score: Score) -> Verdict:
    values = attributes(score, "label", "inside", "area")
    if finding == "best":
        values["pointing"] = score.pointing
    return Verdict(finding, {**values, "method": NAMES[score.method]})
