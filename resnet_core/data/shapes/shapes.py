"""The embedded data set: rendered shapes with their true masks.

Ten classes on 32x32 RGB pixels, made from a seed without a download. An image is one
shape (position, rotation, size and colours random) on a smooth random background whose
brightness differs from the shape's by at least `palette.CONTRAST`, and a little noise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from resnet_core.data import cache
from resnet_core.data.dataset import Dataset, ImageSet, Index, Labels, area_average, held_out_index
from resnet_core.data.shapes import drawing
from resnet_core.data.shapes.drawing import OUTLINES, background_colours, shape_colours
from resnet_core.errors import InvalidSetting
from resnet_core.system import home

NAME = "shapes (embedded)"
CLASSES = tuple(OUTLINES)
SIZE = 32
TRAIN_IMAGES = 5120
TEST_IMAGES = 1000
MOST_IMAGES = 200_000

_VERSION = 3  # of what is drawn; a change makes every cached file again
_STREAM = 2  # the first number of every seed
_CHUNK = 640  # images drawn from one random stream: a longer set begins with a shorter one
_RADII = (7.5, 13.0)  # of the circle around a shape, pixels; smaller ones blur away at 16x16
_KNOTS = 6  # background colours a side
_STORED = (
    *("train_images", "train_labels", "train_masks"),
    *("test_images", "test_labels", "test_masks"),
)
_NOISE = 0.02  # standard deviation, of full brightness

Float32 = NDArray[np.float32]
Masks = NDArray[np.bool_]
Boxes = NDArray[np.int64]


@dataclass(frozen=True)
class ShapesDataset(Dataset):
    """Shapes with their masks.

    Attributes:
        train_masks, test_masks: bool, N, H, W: pixels covered by the shape by half or more.
    """

    train_masks: Masks
    test_masks: Masks

    def resized(self, size: int) -> Self:
        if size == self.image_size:
            return self
        train, test = (_resized_masks(m, size) for m in (self.train_masks, self.test_masks))
        return replace(super().resized(size), train_masks=train, test_masks=test)

    def selected(self, train: Index | None = None, test: Index | None = None) -> Self:
        every = slice(None)
        return replace(
            super().selected(train, test),
            train_masks=self.train_masks[every if train is None else train],
            test_masks=self.test_masks[every if test is None else test],
        )

    def held_out(self) -> Self:
        train, test = held_out_index(self.train.labels)
        masks = self.train_masks
        return replace(super().held_out(), train_masks=masks[train], test_masks=masks[test])


def load(n_train: int = TRAIN_IMAGES, n_test: int = TEST_IMAGES, seed: int = 0) -> ShapesDataset:
    """Return `render`, from the cache folder if it is there."""
    path = home.cache_folder() / f"shapes-v{_VERSION}-{seed}-{n_train}-{n_test}.npz"

    def draw() -> cache.Arrays:
        data = render(n_train, n_test, seed)
        train = (data.train.images, data.train.labels, data.train_masks)
        test = (data.test.images, data.test.labels, data.test_masks)
        return dict(zip(_STORED, train + test, strict=True))

    arrays = cache.read_or_make(path, draw, _STORED)
    return _assembled(*(arrays[name] for name in _STORED))


def render(n_train: int = TRAIN_IMAGES, n_test: int = TEST_IMAGES, seed: int = 0) -> ShapesDataset:
    """Draw the shapes. A larger set from the same seed begins with the smaller one.

    Raises:
        InvalidSetting: the images would not fit into memory.
    """
    for field, count in (("train_images", n_train), ("test_images", n_test)):
        if not 1 <= count <= MOST_IMAGES:
            raise InvalidSetting(field, "data.shapes_count", count=count, most=MOST_IMAGES)
    return _assembled(*_draw(n_train, (seed, 0)), *_draw(n_test, (seed, 1)))


def _draw(count: int, stream: tuple[int, int]) -> tuple[NDArray[np.uint8], Labels, Masks]:
    chunks = [
        _draw_chunk(np.random.default_rng((_STREAM, *stream, start)))
        for start in range(0, count, _CHUNK)
    ]
    images, labels, masks = (np.concatenate(part) for part in zip(*chunks, strict=True))
    return images[:count], labels[:count], masks[:count]


def _draw_chunk(random: np.random.Generator) -> tuple[NDArray[np.uint8], Labels, Masks]:
    """Draw images (n, H, W, 3), labels and masks from one random stream."""
    rounds = np.tile(np.arange(len(CLASSES), dtype=np.int64), (_CHUNK // len(CLASSES), 1))
    labels = random.permuted(rounds, axis=1).ravel()  # each class once in every ten images
    coverage = _coverage(labels, random)
    knots = background_colours(random, _CHUNK, _KNOTS)
    background = drawing.smoothed(knots, SIZE)
    shape = drawing.shaded(shape_colours(random, knots), random, SIZE)
    images = background + coverage[..., None] * (shape - background)
    images += _NOISE * random.standard_normal(images.shape, np.float32)
    pixels = np.rint(np.clip(images, 0, 1) * 255).astype(np.uint8)
    return pixels, labels, coverage >= 0.5


def _coverage(labels: Labels, random: np.random.Generator) -> Float32:
    """Return the share of each pixel that the shape covers, in a random pose. n, H, W."""
    radius = random.uniform(*_RADII, len(labels))
    room = SIZE / 2 - radius - 0.5  # every shape lies wholly inside the image
    x, y = random.uniform(-1, 1, (2, len(labels))) * room
    angle = random.uniform(0, 2 * np.pi, len(labels))
    return drawing.coverage(labels, drawing.Poses(x, y, radius, angle), SIZE)


def _assembled(
    train_images: NDArray[np.uint8],
    train_labels: Labels,
    train_masks: Masks,
    test_images: NDArray[np.uint8],
    test_labels: Labels,
    test_masks: Masks,
) -> ShapesDataset:
    train, test = ImageSet(train_images, train_labels), ImageSet(test_images, test_labels)
    return ShapesDataset(NAME, CLASSES, train, test, train_masks, test_masks)


def boxes_around(masks: Masks) -> Boxes:
    """Return x0, y0, x1, y1 around each mask, half-open. N, H, W -> N, 4."""
    columns, rows = (np.asarray(masks.any(axis=axis)) for axis in (1, 2))
    return np.stack(
        [
            columns.argmax(axis=1),
            rows.argmax(axis=1),
            masks.shape[2] - columns[:, ::-1].argmax(axis=1),
            masks.shape[1] - rows[:, ::-1].argmax(axis=1),
        ],
        axis=1,
    ).astype(np.int64)


def _resized_masks(masks: Masks, size: int) -> Masks:
    grey = masks[..., None].astype(np.uint8) * np.uint8(255)
    return np.asarray(area_average(grey, size)[..., 0] >= 128)
