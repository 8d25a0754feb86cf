"""Verdicts on a network's sum of branches and on the growth of its norm. Arithmetic only."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from resnet_core.labs.events import Value, Verdict
from resnet_core.labs.tools.intervals import side, spread

ROUNDING = 1e-5  # relative; float32 keeps 6e-8 an addition
_ELSEWHERE = 1.0  # the difference is as large as x_L
_DOUBLED = math.sqrt(2)  # in norm: x plus an unrelated F(x) of the same size
_TELLING = 0.02  # of the logarithm of a factor a block: nearer ones are not told apart


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
        trained: the factor of `growth` of the trained network; `blocks` have that factor.
        error: standard error over the images of the logarithm of the trained factor.
        initial: of the network at initialisation, by whether it has BN.
        idle: at initialisation every branch is 0.
    """

    def __init__(self, label: str, family: str) -> None:
        self.label, self.family = label, family
        self.difference: float | None = None
        self.trained, self.blocks, self.error = 1.0, 1, 0.0
        self.initial: dict[bool, float] = {}
        self.idle = False

    def take(
        self, state: str, batch_norm: bool, entries: Sequence[Entry], parts: Sequence[float] = ()
    ) -> None:
        """Add a ledger.

        Args:
            parts: the growth of each of several parts of the images.
        """
        if state == "trained":
            self.trained, self.difference = growth(entries), entries[-1].difference
            self.blocks = sum(not entry.changes_size for entry in entries[1:])
            self.error = spread([math.log(part) for part in parts if part > 0])
        else:
            self.initial[batch_norm] = growth(entries)
            self.idle = all(entry.branch == 0 for entry in entries[1:])


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
        yield _on_growth(account)
    if account.idle:
        yield _verdict(account, "idle")
    elif math.isfinite(with_bn) and math.isfinite(without_bn):
        nearer = abs(math.log(without_bn)) - abs(math.log(with_bn))
        finding = "tamed" if nearer > _TELLING else "untamed"
        if abs(nearer) <= _TELLING:
            finding = "tamed_alike"
        yield _verdict(account, finding, with_bn=with_bn, without_bn=without_bn)


def _on_growth(account: Account) -> Verdict:
    """Judge the growth over all blocks, not that of one: 1.4 a block is 9,000 over 27.

    Branches as large as x_0 and unrelated to it and to each other would make sqrt(blocks + 1).
    Doubling the variance block by block makes sqrt(2) each.
    """
    total, fair = account.trained**account.blocks, math.sqrt(account.blocks + 1)
    logarithm = math.log(account.trained)
    slow = side(logarithm, account.error, math.log(fair) / account.blocks)
    fast = side(logarithm, account.error, math.log(_DOUBLED))
    finding = {-1: "steady", 0: "growth_undecided", 1: "growing"}[slow]
    if fast > 0:
        finding = "exploding"
    values: dict[str, Value] = {"trained": account.trained, "total": total, "fair": fair}
    return _verdict(account, finding, **values, blocks=account.blocks)


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
