"""Scenes of several embedded shapes, and the scores of predicted masks and boxes. No torch.

A scene is 32x32 pixels; its shapes are as large as those of the 16x16 images that the
one-minute networks were trained on, of different classes, and do not overlap."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from resnet_core.data import shapes
from resnet_core.data.shapes import CLASSES, background_colours, boxes_around, shape_colours

SIZE = 32
SHAPES = 3  # in a scene, at most
NOWHERE = -1  # the class of a shape for which there was no room
_RADII = (3.75, 6.5)  # pixels: half of those at 32x32, see `shapes`
_KNOTS = 9  # background colours a side: patches as large as in the training images
_TRIES = 30  # places tried for a shape before it is left out
_NOISE = 0.01  # standard deviation, of full brightness; an average over 2x2 of the shapes' 0.02
_STREAM = 7  # the first number of every seed
_DRAWS = 500  # of the bootstrap

Floats = NDArray[np.float64]
Index = NDArray[np.int64]


@dataclass(frozen=True)
class Scenes:
    """Pictures and their true labels and boxes.

    Attributes:
        images: uint8, N, H, W, 3.
        labels: uint8, N, H, W: 0 is the background, c + 1 a pixel that a shape of class c
            covers by half or more.
        classes: int64, N, SHAPES; `NOWHERE` where the scene has fewer.
        boxes: int64, N, SHAPES, 4: x0, y0, x1, y1, half-open, around each shape's pixels.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]
    classes: NDArray[np.int64]
    boxes: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.images)


def draw(count: int, seed: tuple[int, ...], first: int | None = None) -> Scenes:
    """Scenes of one to `SHAPES` shapes, the same ones from the same seed.

    Args:
        first: a class that each scene has exactly once, as its first shape; None: any.
    """
    random = np.random.default_rng((_STREAM, *seed))
    classes = _classes(count, random, first)
    radius = random.uniform(*_RADII, (count, SHAPES))
    x, y, placed = _places(radius, random)
    classes = np.where(placed, classes, NOWHERE)
    angle = random.uniform(0, 2 * np.pi, (count, SHAPES))
    knots = background_colours(random, count, _KNOTS)
    images = shapes.smoothed(knots, SIZE)
    labels = np.zeros((count, SIZE, SIZE), np.uint8)
    boxes = np.zeros((count, SHAPES, 4), np.int64)
    for each in range(SHAPES):
        poses = shapes.Poses(x[:, each], y[:, each], radius[:, each], angle[:, each])
        covered = shapes.coverage(np.maximum(classes[:, each], 0), poses, SIZE)
        covered *= placed[:, each, None, None]
        paint = shapes.shaded(shape_colours(random, knots), random, SIZE)
        images += covered[..., None] * (paint - images)
        masks = covered >= 0.5
        labels[masks] = np.broadcast_to(classes[:, each, None, None] + 1, masks.shape)[masks]
        boxes[:, each] = np.where(placed[:, each, None], boxes_around(masks), 0)
    images += _NOISE * random.standard_normal(images.shape, np.float32)
    pixels = np.rint(np.clip(images, 0, 1) * 255).astype(np.uint8)
    return Scenes(pixels, labels, classes, boxes)


def _classes(count: int, random: np.random.Generator, first: int | None) -> NDArray[np.int64]:
    """Classes, different within each scene: count, SHAPES."""
    keys = random.uniform(0, 1, (count, len(CLASSES)))
    if first is not None:
        keys[:, first] = -1
    return keys.argsort(axis=1)[:, :SHAPES]


def _places(radius: Floats, random: np.random.Generator) -> tuple[Floats, Floats, NDArray]:
    """Centres, pixels from the middle, whose circles lie in the scene and touch no other.

    Returns:
        x, y and a mask of the shapes that fit, each N, SHAPES.
    """
    count = len(radius)
    tries = random.uniform(-1, 1, (2, count, SHAPES, _TRIES))
    tries *= SIZE / 2 - radius[..., None] - 0.5
    x, y = tries[..., 0].copy()
    placed = np.ones((count, SHAPES), bool)
    for each in range(1, SHAPES):
        free = np.ones((count, _TRIES), bool)
        for other in range(each):
            near = (radius[:, each] + radius[:, other] + 1)[:, None]
            apart = np.hypot(*(tries[:, :, each] - np.stack([x, y])[:, :, other, None])) > near
            free &= apart | ~placed[:, other, None]
        first_free = free.argmax(axis=1)
        placed[:, each] = free.any(axis=1)
        x[:, each], y[:, each] = tries[:, np.arange(count), each, first_free]
    return x, y, placed


class Score(Protocol):
    """IoU on each of the test scenes."""

    def __len__(self) -> int:
        """The number of scenes."""

    def mean(self, sample: Index | None = None) -> float:
        """The mean IoU from 0 to 1, over all scenes or a sample, possibly with repetition."""


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

    def mean(self, sample: Index | None = None) -> float:
        """Mean over the classes of IoU_c, with the pixels of all scenes pooled.

        Classes without a pixel in predictions and truth do not count.
        """
        every = slice(None) if sample is None else sample
        common, either = self.common[every].sum(axis=0), self.either[every].sum(axis=0)
        present = either > 0
        return float((common[present] / either[present]).mean()) if present.any() else 0.0


@dataclass(frozen=True)
class BoxScore:
    """One box a scene.

    Attributes:
        iou: float64, N, from 0 to 1.
        error: float64, N: distance of an edge from the truth, pixels, mean of the four.
    """

    iou: Floats
    error: Floats

    def __len__(self) -> int:
        return len(self.iou)

    def mean(self, sample: Index | None = None) -> float:
        """Mean over the scenes."""
        return float((self.iou if sample is None else self.iou[sample]).mean())


def score_masks(predicted: NDArray[np.uint8], true: NDArray[np.uint8], classes: int) -> MaskScore:
    """Count the pixels of each class. N, H, W each."""
    count = len(true)
    pairs = predicted.reshape(count, -1).astype(np.int64) * classes + true.reshape(count, -1)
    pairs += np.arange(count)[:, None] * classes**2
    table = np.bincount(pairs.ravel(), minlength=count * classes**2)
    confusion = table.reshape(count, classes, classes)  # scene, predicted, true
    common = np.diagonal(confusion, axis1=1, axis2=2)
    return MaskScore(common, confusion.sum(axis=1) + confusion.sum(axis=2) - common)


def score_boxes(predicted: Floats, true: Floats) -> BoxScore:
    """IoU and edge error of boxes x0, y0, x1, y1 in pixels. N, 4 each."""
    corner = np.maximum(predicted[:, :2], true[:, :2])
    opposite = np.minimum(predicted[:, 2:], true[:, 2:])
    common = area(np.concatenate([corner, opposite], axis=1))
    either = area(predicted) + area(true) - common
    iou = common / np.maximum(either, 1e-12)
    return BoxScore(iou, np.abs(predicted - true).mean(axis=1))


def area(boxes: Floats) -> Floats:
    """Area of boxes N, 4; 0 for those whose corners are reversed."""
    return np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)


def interval(statistic: Callable[[Index], float], scenes: int, seed: int) -> tuple[float, float]:
    """The 95 % interval of a statistic of the test scenes, by bootstrap."""
    random = np.random.default_rng(seed)
    draws = [statistic(random.integers(0, scenes, scenes)) for _ in range(_DRAWS)]
    low, high = np.quantile(draws, (0.025, 0.975))
    return float(low), float(high)
