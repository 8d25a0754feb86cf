"""Vanishing and degradation, decided cell by cell and over the grid. Arithmetic only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from resnet_core.labs.events import Value, Verdict, diverged
from resnet_core.labs.tools.short_runs import FinalErrors

# Points of training error by which the deep network must end above the shallow one: 640 images
# leave 2 to chance, and another seed about 5.
MARGIN = 10.0
FAILED = 80.0  # percent; a guess is wrong on 90
# Below these the first layer's gradient has vanished: as a share of the last layer's, and as a
# norm. With small weights and no BN the signal itself dies out, and with it every gradient.
LEAST_RATIO = 1e-3
LEAST_NORM = 1e-6

# Settings' values as people write them; others are written as they are.
_WRITTEN = {
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "he": "He",
    "xavier": "Xavier",
    "small_normal": "σ 0.01",
}

Outcome = Literal["trains", "vanishing", "degraded", "stuck", "diverged"]


@dataclass(frozen=True)
class Cell:
    """One cell: final training errors of its two networks, percent.

    Attributes:
        first, last: median gradient norms of the deep network's first and last 3x3 layer.
        gone: the first layer's gradient has vanished.
    """

    activation: str
    batch_norm: bool
    initialization: str
    family: str
    depth: int
    error: float
    shallow: float
    first: float
    last: float
    gone: bool
    outcome: Outcome

    @property
    def ratio(self) -> float | None:
        """The first layer's gradient norm over the last one's; None where both are 0."""
        return self.first / self.last if self.last > 0 else None

    @property
    def title(self) -> str:
        activation, initialization = (
            _WRITTEN.get(name, name) for name in (self.activation, self.initialization)
        )
        return f"{activation}, {'BN' if self.batch_norm else 'no BN'}, {initialization}"


def vanished(first: float, last: float) -> bool:
    """Decide from the gradient's norm at the first layer and at the last one."""
    return first < LEAST_NORM or first < LEAST_RATIO * last


def outcome(deep: FinalErrors, shallow: FinalErrors, gone: bool) -> Outcome:
    """Decide what happened to the deep network, from final errors."""
    if deep.diverged:
        return "diverged"
    excess = deep.train - shallow.train
    if deep.train < FAILED and excess <= MARGIN:
        return "trains"
    if gone:
        return "vanishing"
    return "degraded" if excess > MARGIN else "stuck"


def verdicts(cells: Sequence[Cell], depth: int) -> Iterator[Verdict]:
    """One on the two failures; where the grid decides them, one on the sigmoid and one on BN."""
    yield _failures(cells, depth)
    without = [cell for cell in cells if not cell.batch_norm]
    sigmoid, relu = (
        [cell for cell in without if cell.activation == name] for name in ("sigmoid", "relu")
    )
    if sigmoid and relu:
        yield _sigmoid(_gone(sigmoid), _gone(relu), len(sigmoid))
    if _gone(cells):
        with_bn = [cell for cell in cells if cell.batch_norm]
        yield _bn(_gone(without), _gone(with_bn), len(without))
    errors = {cell.title: cell.error for cell in cells if cell.outcome == "diverged"}
    yield from diverged("cells", errors, "; ")


def _failures(cells: Sequence[Cell], depth: int) -> Verdict:
    """Give as examples the cells in which each failure is clearest."""
    lost = [cell for cell in cells if cell.outcome == "vanishing"]
    degraded = [cell for cell in cells if cell.outcome == "degraded"]
    values: dict[str, Value] = {"depth": depth, "cells": len(cells)}
    if lost:
        worst = min(lost, key=lambda cell: cell.ratio or 1.0)  # one with something left
        values |= {"vanishing": len(lost), "vanishing_cell": worst.title}
        values["vanishing_ratio"] = worst.ratio or 0.0
    if degraded:
        worst = max(degraded, key=lambda cell: cell.error - cell.shallow)
        values |= {"degraded": len(degraded), "degraded_cell": worst.title}
        values |= {"deep": worst.error, "shallow": worst.shallow, "degraded_ratio": worst.ratio}
    if lost and degraded:
        return Verdict("separate", values)
    if lost or degraded:
        return Verdict("only_vanishing" if lost else "only_degraded", values)
    return Verdict("neither", {"depth": depth, "margin": MARGIN})


def _sigmoid(sigmoid: int, relu: int, each: int) -> Verdict:
    values: dict[str, Value] = {"sigmoid": sigmoid, "each": each}
    if sigmoid > 0 and relu == 0:
        return Verdict("sigmoid_alone", values)
    more = sigmoid > relu
    return Verdict("sigmoid_more" if more else "sigmoid_not_worse", {**values, "relu": relu})


def _bn(without: int, with_bn: int, each: int) -> Verdict:
    if without > 0 and with_bn == 0:
        return Verdict("bn_cures", {"without": without, "each": each})
    values: dict[str, Value] = {"without": without, "with_bn": with_bn, "each": each}
    return Verdict("bn_helps" if with_bn < without else "bn_no_help", values)


def _gone(cells: Sequence[Cell]) -> int:
    return sum(cell.gone for cell in cells)
