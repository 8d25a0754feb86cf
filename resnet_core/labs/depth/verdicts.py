"""Optimisation or overfitting, decided by training and test errors by depth. Arithmetic only."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from resnet_core.labs.events import Value, Verdict, diverged
from resnet_core.labs.tools.intervals import Groups, Interval, between_networks

Ruling = Literal["optimisation", "overfitting", "slower", "not_too_deep", "undecided"]

SAME = 5.0  # points; nearer than this two errors are called the same


@dataclass(frozen=True)
class Ends:
    """One network's errors, percent."""

    depth: int
    train: float
    test: float
    diverged: bool = False


def ruling(on_training: Interval, on_test: Interval) -> Ruling:
    """Decide why the deepest network is behind the best shallower one on test images.

    With overfitting the training error is no higher, and the test error is.

    Args:
        on_training, on_test: the deepest network's error less the other's, points.
    """
    if on_training.above(0):
        return "optimisation" if on_test.above(0) else "slower"
    if not on_training.below(SAME):
        return "undecided"
    if on_test.above(0):
        return "overfitting"
    return "not_too_deep" if on_test.below(SAME) else "undecided"


def short(networks: Sequence[Ends], train_images: int, test_images: int) -> Verdict:
    """Rule on the short runs, by intervals over seeds and images."""
    train, test = _groups(networks, train_images, test_images)
    deepest = max(one.depth for one in networks)
    shallower = {one.depth for one in networks if one.depth < deepest}
    rival = min(shallower, key=lambda depth: (test.mean(depth), depth))
    on_training, on_test = (group.difference(deepest, rival) for group in (train, test))
    deep, best = (Ends(d, train.mean(d), test.mean(d)) for d in (deepest, rival))
    return _verdict("short", deep, best, on_training, on_test, train_images=train_images)


def trained(
    families: dict[str, list[Ends]], images: int, ladder: Sequence[Ends]
) -> Iterator[Verdict]:
    """Rule on the trained networks: one verdict a family of which there are two depths.

    Args:
        ladder: the short runs, whose spread over seeds stands in for that of single networks.
    """
    train, test = _groups(ladder, images, images)
    for family, networks in families.items():
        if len({one.depth for one in networks}) < 2:
            continue
        deepest = max(networks, key=lambda one: one.depth)
        shallower = [one for one in networks if one.depth < deepest.depth]
        rival = min(shallower, key=lambda one: (one.test, one.depth))
        on_training = between_networks(
            deepest.train, rival.train, images, train.spread, train.freedom
        )
        on_test = between_networks(deepest.test, rival.test, images, test.spread, test.freedom)
        yield _verdict("trained", deepest, rival, on_training, on_test, family=family)


def _groups(networks: Sequence[Ends], train_images: int, test_images: int) -> tuple[Groups, Groups]:
    """Training and test errors by depth."""
    errors: tuple[dict[Hashable, list[float]], dict[Hashable, list[float]]] = ({}, {})
    for one in networks:
        for part, value in zip(errors, (one.train, one.test), strict=True):
            part.setdefault(one.depth, []).append(value)
    return Groups(errors[0], train_images), Groups(errors[1], test_images)


def _verdict(
    kind: str,
    deepest: Ends,
    rival: Ends,
    on_training: Interval,
    on_test: Interval,
    **values: Value,
) -> Verdict:
    for role, one in (("deep", deepest), ("best", rival)):
        values |= {f"{role}_{name}": getattr(one, name) for name in ("depth", "train", "test")}
    values |= {"train_low": on_training.low, "train_high": on_training.high}
    values |= {"test_low": on_test.low, "test_high": on_test.high}
    return Verdict(f"{kind}_{ruling(on_training, on_test)}", values)


def diverged_depths(networks: Sequence[Ends]) -> list[Verdict]:
    """Report short runs whose loss was no longer a number."""
    ends = sorted((one for one in networks if one.diverged), key=lambda one: one.depth)
    return diverged("depths", {str(one.depth): one.train for one in ends})
