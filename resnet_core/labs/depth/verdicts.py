"""Optimisation or overfitting, decided by training and test errors by depth. Arithmetic only."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from resnet_core.labs.events import Value, Verdict, diverged

Ruling = Literal["optimisation", "overfitting", "slower", "not_too_deep"]

SEED_SPREAD = 1.0  # points that another seed may change, besides chance in the images


@dataclass(frozen=True)
class Ends:
    """One network's errors, percent."""

    depth: int
    train: float
    test: float
    diverged: bool = False


def margin(images: int) -> float:
    """Points by which two errors on so many images may differ by chance.

    A share of wrong images has a standard error of at most 50 / sqrt(images) points, and the
    difference of two of them sqrt(2) times that; twice as much is allowed for.
    """
    return SEED_SPREAD + 2 * math.sqrt(2) * 50 / math.sqrt(images)


def best(networks: Sequence[Ends]) -> Ends:
    """The network of the lowest test error; the shallower of two equal ones."""
    return min(networks, key=lambda one: (one.test, one.depth))


def ruling(deepest: Ends, rival: Ends, on_training: float, on_test: float) -> Ruling:
    """Decide why the deepest network is behind the best shallower one on test images.

    With overfitting the training error is no higher, and the test error is.

    Args:
        on_training, on_test: points that count as equal.
    """
    fits_worse = deepest.train - rival.train > on_training
    if deepest.test - rival.test <= on_test:
        return "slower" if fits_worse else "not_too_deep"
    return "optimisation" if fits_worse else "overfitting"


def short(networks: Sequence[Ends], train_images: int, test_images: int) -> Verdict:
    """Rule on the short runs."""
    return _verdict("short", networks, train_images, test_images, train_images=train_images)


def trained(families: dict[str, list[Ends]], images: int) -> Iterator[Verdict]:
    """Rule on the trained networks: one verdict a family of which there are two depths."""
    for family, networks in families.items():
        if len({one.depth for one in networks}) > 1:
            yield _verdict("trained", networks, images, images, family=family)


def _verdict(
    kind: str, networks: Sequence[Ends], train_count: int, test_count: int, **values: Value
) -> Verdict:
    """The deepest network beside the best of the shallower ones.

    Args:
        train_count, test_count: numbers of training and test images.
    """
    deepest = max(networks, key=lambda one: one.depth)
    rival = best([one for one in networks if one.depth < deepest.depth])
    for role, one in (("deep", deepest), ("best", rival)):
        values |= {f"{role}_{name}": getattr(one, name) for name in ("depth", "train", "test")}
    decided = ruling(deepest, rival, margin(train_count), margin(test_count))
    return Verdict(f"{kind}_{decided}", {**values, "margin": margin(test_count)})


def diverged_depths(networks: Sequence[Ends]) -> list[Verdict]:
    """Report short runs whose loss was no longer a number."""
    ends = sorted((one for one in networks if one.diverged), key=lambda one: one.depth)
    return diverged("depths", {str(one.depth): one.train for one in ends})
