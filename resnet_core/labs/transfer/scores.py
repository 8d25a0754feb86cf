"""How well masks and boxes agree with the truth: intersection over union, IoU. No torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Index = NDArray[np.int64]


class Score(Protocol):
    """What a method reached on each of the test scenes."""

    def __len__(self) -> int:
        """How many scenes."""

    def mean(self, chosen: Index | None = None) -> float:
        """The mean IoU from 0 to 1, over all scenes or those chosen (possibly repeatedly)."""


@dataclass(frozen=True)
class MaskScore:
    """Pixels counted scene by scene.

    Attributes:
        common, either: int64, N, classes: pixels that are of the class in both prediction
            and truth, and in at least one of them.
    """

    common: NDArray[np.int64]
    either: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.common)

    def mean(self, chosen: Index | None = None) -> float:
        """Mean over the classes of IoU_c, with the pixels of all scenes pooled.

        A class that neither prediction nor truth has anywhere does not count.
        """
        every = slice(None) if chosen is None else chosen
        common, either = self.common[every].sum(axis=0), self.either[every].sum(axis=0)
        there = either > 0
        return float((common[there] / either[there]).mean()) if there.any() else 0.0


@dataclass(frozen=True)
class BoxScore:
    """One box a scene.

    Attributes:
        iou: float64, N, from 0 to 1.
        error: float64, N: by how many pixels an edge is off, mean of the four.
    """

    iou: Floats
    error: Floats

    def __len__(self) -> int:
        return len(self.iou)

    def mean(self, chosen: Index | None = None) -> float:
        """Mean over the scenes."""
        return float((self.iou if chosen is None else self.iou[chosen]).mean())


def of_masks(predicted: NDArray[np.uint8], true: NDArray[np.uint8], classes: int) -> MaskScore:
    """Count the pixels of each class. N, H, W each."""
    count = len(true)
    pairs = predicted.reshape(count, -1).astype(np.int64) * classes + true.reshape(count, -1)
    pairs += np.arange(count)[:, None] * classes**2
    table = np.bincount(pairs.ravel(), minlength=count * classes**2)
    confusion = table.reshape(count, classes, classes)  # scene, predicted, true
    common = np.diagonal(confusion, axis1=1, axis2=2)
    return MaskScore(common, confusion.sum(axis=1) + confusion.sum(axis=2) - common)


def of_boxes(predicted: Floats, true: Floats) -> BoxScore:
    """IoU and edge error of boxes x0, y0, x1, y1 in pixels. N, 4 each."""
    corner = np.maximum(predicted[:, :2], true[:, :2])
    opposite = np.minimum(predicted[:, 2:], true[:, 2:])
    common = area(np.concatenate([corner, opposite], axis=1))
    either = area(predicted) + area(true) - common
    iou = common / np.maximum(either, 1e-12)
    return BoxScore(iou, np.abs(predicted - true).mean(axis=1))


def area(boxes: Floats) -> Floats:
    """Of boxes N, 4; 0 for those turned inside out."""
    return np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)


def interval(statistic: Callable[[Index], float], scenes: int, seed: int) -> tuple[float, float]:
    """Where a statistic of the test scenes lies in 95 of 100 draws of as many (bootstrap)."""
    random = np.random.default_rng(seed)
    draws = [statistic(random.integers(0, scenes, scenes)) for _ in range(_DRAWS)]
    low, high = np.quantile(draws, (0.025, 0.975))
    return float(low), float(high)


_DRAWS = 500
