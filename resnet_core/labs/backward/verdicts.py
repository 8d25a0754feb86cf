"""Verdicts on the gradients at the additions. Arithmetic only."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from resnet_core.labs.events import Value, Verdict
from resnet_core.labs.tools.intervals import side

_DECADE = 10.0  # from the last block to the first: shrunk or grown


@dataclass(frozen=True)
class Addition:
    """The gradient at one block y = f(F(x) + S(x)); means over the images.

    Attributes:
        behind, before: ||dL/dy||, ||dL/dx||.
        shortcut, branch: norms of the two parts of dL/dx; a plain block has no shortcut.
        gain, shortcut_gain, branch_gain: ||dL/dx|| and its parts' norms over ||dL/dy||.
        gain_error, behind_error, before_error: standard errors of these means.
        cosine: between the two parts.
        descent: cosine of F(x) with -dL/dx; None where their shapes differ or nothing is added.
        descent_error: standard error of its mean over the images.
    """

    block: str
    changes_size: bool
    behind: float
    before: float
    shortcut: float | None
    branch: float
    gain: float
    shortcut_gain: float | None
    branch_gain: float
    cosine: float | None
    descent: float | None
    descent_error: float | None
    gain_error: float = 0.0
    behind_error: float = 0.0
    before_error: float = 0.0


def verdicts(label: str, additions: Sequence[Addition]) -> Iterator[Verdict]:
    """From a network's blocks, last to first: on the gain and on the direction of F; of a plain
    network on the gradient's change from last to first."""
    if any(one.shortcut is None for one in additions):
        yield _change(label, additions)
        return
    yield _gain(label, additions)
    steps = [one for one in additions if one.descent is not None and math.isfinite(one.descent)]
    if steps:
        yield _direction(label, steps)


def _change(label: str, additions: Sequence[Addition]) -> Verdict:
    last, first = additions[0], additions[-1]
    change = first.before / last.behind if last.behind else math.nan
    error = 0.0
    if last.behind and first.before:  # of the change: of a quotient, first order
        error = change * math.hypot(
            first.before_error / first.before, last.behind_error / last.behind
        )
    low, high = side(change, error, 1 / _DECADE), side(change, error, _DECADE)
    finding = "plain_undecided"
    if low < 0:
        finding = "plain_shrinks"
    elif high > 0:
        finding = "plain_grows"
    elif low > 0 and high < 0:
        finding = "plain_holds"
    return Verdict(finding, {"label": label, "change": change})


def _gain(label: str, additions: Sequence[Addition]) -> Verdict:
    least = min(additions, key=lambda one: one.gain)
    values: dict[str, Value] = {"label": label, "blocks": len(additions)}
    values |= {"least": least.gain, "block": least.block}
    below = sum(side(one.gain, one.gain_error, 1.0) < 0 for one in additions)
    if not below:
        finding = "at_least_one" if least.gain >= 1 else "gain_undecided"
        return Verdict(finding, values)
    parts: dict[str, Value] = {"shortcut": least.shortcut_gain, "cosine": least.cosine}
    return Verdict("below_one", {**values, **parts, "below": below})


def _direction(label: str, steps: Sequence[Addition]) -> Verdict:
    cosine = fmean(one.descent or 0.0 for one in steps)
    # Images are the same in all blocks: their errors do not average out.
    error = fmean(one.descent_error or 0.0 for one in steps)
    finding = {1: "descends", -1: "ascends", 0: "undecided"}[side(cosine, error)]
    return Verdict(finding, {"label": label, "cosine": cosine, "error": error})
