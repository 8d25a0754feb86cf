"""Verdicts on a network's sum of branches and on the growth of its norm. Arithmetic only."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from resnet_core.labs.events import Value, Verdict

ROUNDING = 1e-5  # relative; float32 keeps 6e-8 an addition
_ELSEWHERE = 1.0  # the difference is as large as x_L
_DOUBLED = math.sqrt(2)  # in norm: x plus an unrelated F(x) of the same size


@dataclass(frozen=True)
class Entry:
    """The norms after one block, or, at place 0, before the first.

    Attributes:
        block: its name; empty at place 0.
        stream: ||x_l||, root of the mean over the images of the squared norm.
        branch: ||F(x)|| of this block, likewise; None at place 0.
        total: ||x_0 + sum of F||, likewise; None in a plain network, which adds nothing.
        difference: ||x_l - (x_0 + sum of F)|| / ||x_l||; None likewise.
    """

    place: int
    block: str
    changes_size: bool
    stream: float
    branch: float | None
    total: float | None
    difference: float | None


class Account:
    """One network's ledgers.

    Attributes:
        difference: after the last block of the trained network; None where nothing is added.
        trained: the factor of `growth` of the trained network.
        initial: of the network at initialisation, by whether it has BN.
    """

    def __init__(self, label: str, family: str) -> None:
        self.label, self.family = label, family
        self.difference: float | None = None
        self.trained = 1.0
        self.initial: dict[bool, float] = {}

    def take(self, state: str, batch_norm: bool, entries: Sequence[Entry]) -> None:
        if state == "trained":
            self.trained, self.difference = growth(entries), entries[-1].difference
        else:
            self.initial[batch_norm] = growth(entries)


def growth(entries: Sequence[Entry]) -> float:
    """The factor by which a block changes the stream's norm: the geometric mean over the
    blocks that keep its size. A stream that is 0 somewhere has none (nan).

    Where the size changes, the norm does so too, without a branch: three of four pixels are
    left out.
    """
    logarithms = [
        math.log(after.stream / before.stream) if before.stream and after.stream else math.nan
        for before, after in pairwise(entries)
        if not after.changes_size
    ]
    return math.exp(sum(logarithms) / len(logarithms)) if logarithms else math.nan


def verdicts(account: Account) -> Iterator[Verdict]:
    """One on the sum; where growth is defined, one on it and one on BN's effect."""
    yield _on_the_sum(account)
    with_bn, without_bn = account.initial[True], account.initial[False]
    if math.isfinite(account.trained):
        finding = "steady" if account.trained < _DOUBLED else "growing"
        yield _verdict(account, finding, trained=account.trained)
    if math.isfinite(with_bn) and math.isfinite(without_bn):
        nearer = abs(math.log(with_bn)) < abs(math.log(without_bn))
        finding = "tamed" if nearer else "untamed"
        yield _verdict(account, finding, with_bn=with_bn, without_bn=without_bn)


def _on_the_sum(account: Account) -> Verdict:
    difference = account.difference
    if difference is None:
        return _verdict(account, "no_sum")
    if difference <= ROUNDING:
        return _verdict(account, "exact", difference=difference)
    finding = "approximate" if difference < _ELSEWHERE else "elsewhere"
    return _verdict(account, finding, difference=100 * difference)


def _verdict(account: Account, finding: str, **values: Value) -> Verdict:
    return Verdict(finding, {"label": account.label, **values})
