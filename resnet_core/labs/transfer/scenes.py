"""Scenes of several embedded shapes, with the truth about every pixel and every box.

A scene is 32x32 pixels; its shapes are as large as those of the 16x16 images that the
one-minute networks were trained on, of different classes, and do not overlap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resnet_core.data.shapes import drawing
from resnet_core.data.shapes.drawing import background_colours, shape_colours
from resnet_core.data.shapes.shapes import CLASSES, boxes_around

SIZE = 32
SHAPES = 3  # in a scene, at most
NOWHERE = -1  # the class of a shape for which there was no room
_RADII = (3.75, 6.5)  # pixels: half of those at 32x32, see `shapes`
_KNOTS = 9  # background colours a side: patches as large as in the training images
_TRIES = 30  # places tried for a shape before the scene does without
_NOISE = 0.01  # standard deviation, of full brightness; an average over 2x2 of the shapes' 0.02
_STREAM = 7  # the first number of every seed

Float64 = NDArray[np.float64]


@dataclass(frozen=True)
class Scenes:
    """Pictures and their truth.

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
    """Draw scenes of one to `SHAPES` shapes, the same ones from the same seed.

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
    images = drawing.smoothed(knots, SIZE)
    labels = np.zeros((count, SIZE, SIZE), np.uint8)
    boxes = np.zeros((count, SHAPES, 4), np.int64)
    for each in range(SHAPES):
        poses = drawing.Poses(x[:, each], y[:, each], radius[:, each], angle[:, each])
        covered = drawing.coverage(np.maximum(classes[:, each], 0), poses, SIZE)
        covered *= placed[:, each, None, None]
        paint = drawing.shaded(shape_colours(random, knots), random, SIZE)
        images += covered[..., None] * (paint - images)
        masks = covered >= 0.5
        labels[masks] = np.broadcast_to(classes[:, each, None, None] + 1, masks.shape)[masks]
        boxes[:, each] = np.where(placed[:, each, None], boxes_around(masks), 0)
    images += _NOISE * random.standard_normal(images.shape, np.float32)
    pixels = np.rint(np.clip(images, 0, 1) * 255).astype(np.uint8)
    return Scenes(pixels, labels, classes, boxes)


def _classes(count: int, random: np.random.Generator, first: int | None) -> NDArray[np.int64]:
    """Different ones within each scene: count, SHAPES."""
    keys = random.uniform(0, 1, (count, len(CLASSES)))
    if first is not None:
        keys[:, first] = -1
    return keys.argsort(axis=1)[:, :SHAPES]


def _places(radius: Float64, random: np.random.Generator) -> tuple[Float64, Float64, NDArray]:
    """Centres, pixels from the middle, whose circles lie in the scene and touch no other.

    Returns:
        x, y and whether there was room at all, each N, SHAPES.
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
        chosen = free.argmax(axis=1)
        placed[:, each] = free.any(axis=1)
        x[:, each], y[:, each] = tries[:, np.arange(count), each, chosen]
    return x, y, placed
