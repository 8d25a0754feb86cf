"""The embedded data set: rendered shapes with their true masks.

Ten classes on 32x32 RGB pixels, made from a seed without a download. An image is one
shape (position, rotation, size and colours random) on a smooth random background whose
brightness differs from the shape's by at least `CONTRAST`, and a little noise.

Outlines are signed distances. Each function takes coordinates x and y (any equal shapes) in units
of the circle around the shape and returns the distance to the outline in the same unit, negative
inside. Near the outline, where anti-aliasing needs them, the distances are exact.

Colours keep a difference in brightness: luma, a linear function of the stored RGB values.
Mixtures of colours keep within the lumas of their parts, so a gap between two sets of colours
holds for every mixture of each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resnet_core.data import cache
from resnet_core.data.dataset import Dataset, ImageSet, Labels, Masks
from resnet_core.errors import InvalidSetting
from resnet_core.system import home

NAME = "shapes (embedded)"
SIZE = 32
TRAIN_IMAGES = 5120
TEST_IMAGES = 1000
MOST_IMAGES = 200_000

_VERSION = 3  # of what is drawn; a change makes every cached file again
_STREAM = 2  # the first number of every seed
_CHUNK = 640  # images drawn from one random stream: a longer set begins with a shorter one
_RADII = (7.5, 13.0)  # of the circle around a shape, pixels; smaller ones blur away at 16x16
_KNOTS = 6  # background colours a side
_PARTS, _FIELDS = ("train", "test"), ("images", "labels", "masks")  # of a cached file
_NOISE = 0.02  # standard deviation, of full brightness

Boxes = NDArray[np.int64]
Float32 = NDArray[np.float32]
Plane = NDArray[np.floating]
Outline = Callable[[Plane, Plane], Plane]

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
CONTRAST = 0.2  # least difference in luma between a shape and its background
_DARKEST, _LIGHTEST = 0.08, 0.96


def disc(x: Plane, y: Plane) -> Plane:
    return _circle(x, y, 0.9)


def square(x: Plane, y: Plane) -> Plane:
    return _box(x, y, 0.7, 0.7)


def triangle(x: Plane, y: Plane) -> Plane:
    """Equilateral: the highest of its three edges' half-planes."""
    slanted = np.float32(0.75**0.5) * np.abs(x) - np.float32(0.5) * y
    return np.maximum(slanted, y) - 0.5


def star(x: Plane, y: Plane) -> Plane:
    """Five points, by folding the plane onto half a point."""
    x, y = _folded(x, y, 5)
    inner = 0.42 * np.exp(1j * np.pi / 5)
    edge = (inner - 1) / abs(inner - 1)  # from the tip at (1, 0) to the notch
    return float(edge.imag) * (x - 1) - float(edge.real) * y


def ring(x: Plane, y: Plane) -> Plane:
    return np.abs(_circle(x, y, 0.74)) - 0.2


def cross(x: Plane, y: Plane) -> Plane:
    return np.minimum(_box(x, y, 0.95, 0.28), _box(x, y, 0.28, 0.95))


def bar(x: Plane, y: Plane) -> Plane:
    return _box(x, y, 0.95, 0.28)


def crescent(x: Plane, y: Plane) -> Plane:
    return np.maximum(_circle(x, y, 0.95), -_circle(x - 0.45, y, 0.75))


def trefoil(x: Plane, y: Plane) -> Plane:
    """Three overlapping discs around the centre."""
    x, y = _folded(x, y, 3)
    return _circle(x - 0.42, y, 0.53)


def frame(x: Plane, y: Plane) -> Plane:
    return np.maximum(_box(x, y, 0.7, 0.7), -_box(x, y, 0.38, 0.38))


_OUTLINES = (disc, square, triangle, star, ring, cross, bar, crescent, trefoil, frame)
OUTLINES: dict[str, Outline] = {outline.__name__: outline for outline in _OUTLINES}
CLASSES = tuple(OUTLINES)


def _circle(x: Plane, y: Plane, radius: float) -> Plane:
    return np.sqrt(x * x + y * y) - radius


def _box(x: Plane, y: Plane, half_width: float, half_height: float) -> Plane:
    return np.maximum(np.abs(x) - half_width, np.abs(y) - half_height)


def _folded(x: Plane, y: Plane, times: int) -> tuple[Plane, Plane]:
    """Turn the plane into one sector, from 0 to pi / times, by rotation and reflection."""
    sector = np.float32(2 * np.pi / times)
    angle = np.abs(np.remainder(np.arctan2(y, x) + sector / 2, sector) - sector / 2)
    radius = np.sqrt(x * x + y * y)
    return radius * np.cos(angle), radius * np.sin(angle)


def background_colours(random: np.random.Generator, count: int, knots: int) -> Float32:
    """Return related colours to interpolate between, RGB from 0 to 1: count, knots, knots, 3."""
    grid = (count, knots, knots)
    hue = random.uniform(0, 1, (count, 1, 1)) + random.normal(0, 0.07, grid)
    saturation = random.uniform(0.3, 0.9, (count, 1, 1)) * random.uniform(0.6, 1, grid)
    luma = random.uniform(0.22, 0.82, (count, 1, 1)) + random.uniform(-0.14, 0.14, grid)
    return _with_luma(_pure(hue, saturation), luma)


def shape_colours(random: np.random.Generator, background: Float32) -> Float32:
    """Return two related colours a shape, both lighter or both darker than the background.

    The difference is CONTRAST at least.

    background: count, knots, knots, 3. Returns count, 2, 3.
    """
    count = len(background)
    luma = (background @ LUMA).reshape(count, -1)
    below = np.maximum(luma.min(axis=1) - CONTRAST - _DARKEST, 0)
    above = np.maximum(_LIGHTEST - luma.max(axis=1) - CONTRAST, 0)
    lighter = random.uniform(0, 1, count) * (below + above) < above
    low = np.where(lighter, luma.max(axis=1) + CONTRAST, _DARKEST)[:, None]
    room = np.where(lighter, above, below)[:, None]
    hue = random.uniform(0, 1, (count, 1)) + random.normal(0, 0.05, (count, 2))
    saturation = random.uniform(0.5, 1, (count, 1)) * np.ones((1, 2))
    colours = _pure(hue, saturation)
    return _with_luma(colours, low + room * random.uniform(0, 1, (count, 2)))


def _pure(hue: NDArray, saturation: NDArray) -> Float32:
    """Return the colour of a hue (0 to 1 round the circle), paled towards white. ..., 3."""
    wheel = np.abs(np.remainder(hue[..., None] + np.array([0, 2, 1]) / 3, 1) * 6 - 3) - 1
    return (1 - saturation[..., None] * (1 - np.clip(wheel, 0, 1))).astype(np.float32)


def _with_luma(colours: Float32, luma: NDArray) -> Float32:
    """Mix colours with white or black until they have this luma: always displayable."""
    now = colours @ LUMA
    luma = luma.astype(np.float32)
    lighten = np.clip((luma - now) / np.maximum(1 - now, 1e-6), 0, 1)[..., None]
    darken = np.clip(luma / now, 0, 1)[..., None]
    return np.where(lighten > 0, colours + lighten * (1 - colours), colours * darken)


@dataclass(frozen=True)
class Poses:
    """Positions of shapes, each float64, N.

    Attributes:
        x, y: of the centre, pixels from the image's centre.
        radius: of the circle around the shape, pixels.
        angle: radians.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    radius: NDArray[np.float64]
    angle: NDArray[np.float64]


def coverage(labels: NDArray[np.int64], poses: Poses, size: int) -> Float32:
    """Return the share of each pixel that the shape covers: N, size, size.

    Args:
        labels: indices into `OUTLINES`, N.
        size: pixels a side.
    """
    pixel = np.arange(size) + 0.5 - size / 2
    covered = np.empty((len(labels), size, size), np.float32)
    for index, outline in enumerate(OUTLINES.values()):
        selected = labels == index
        scale = poses.radius[selected, None, None].astype(np.float32)
        dx = ((pixel - poses.x[selected, None]).astype(np.float32)[:, None, :]) / scale
        dy = ((pixel - poses.y[selected, None]).astype(np.float32)[:, :, None]) / scale
        angle = poses.angle[selected, None, None]
        cos, sin = (f(angle).astype(np.float32) for f in (np.cos, np.sin))
        distance = outline(cos * dx + sin * dy, cos * dy - sin * dx) * scale  # pixels
        covered[selected] = np.clip(0.5 - distance, 0, 1)
    return covered


def shaded(colours: Float32, random: np.random.Generator, size: int) -> Float32:
    """Blend one colour into the other across the image, at random angles. N, size, size, 3."""
    angle = random.uniform(0, 2 * np.pi, (len(colours), 1, 1)).astype(np.float32)
    pixel = ((np.arange(size) + 0.5) / size - 0.5).astype(np.float32)
    along = np.clip(0.5 + np.cos(angle) * pixel + np.sin(angle) * pixel[:, None], 0, 1)
    first, second = colours[:, 0, None, None], colours[:, 1, None, None]
    return first + along[..., None] * (second - first)


def smoothed(knots: Float32, size: int) -> Float32:
    """Interpolate colours between knots: N, knots, knots, 3 -> N, size, size, 3."""
    count, side = knots.shape[:2]
    weights = _spline(side, size)
    across = np.matmul(weights, knots.reshape(count, side, -1))
    return np.matmul(weights, across.reshape(count, size, side, 3))


def _spline(knots: int, size: int) -> Float32:
    """Uniform cubic B-spline weights, size x knots: convex, so no colour overshoots."""
    at = np.linspace(1, knots - 2, size)[:, None] - np.arange(knots)
    far = np.abs(at)
    near = 2 / 3 - far**2 + far**3 / 2
    weights = np.where(far < 1, near, np.where(far < 2, (2 - np.minimum(far, 2)) ** 3 / 6, 0))
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)


def load(n_train: int = TRAIN_IMAGES, n_test: int = TEST_IMAGES, seed: int = 0) -> Dataset:
    """Return `render`, from the cache folder if it is there."""
    path = home.cache_folder() / f"shapes-v{_VERSION}-{seed}-{n_train}-{n_test}.npz"

    def draw() -> cache.Arrays:
        data = render(n_train, n_test, seed)
        return {
            f"{part}_{field}": getattr(getattr(data, part), field)
            for part in _PARTS
            for field in _FIELDS
        }

    names = [f"{part}_{field}" for part in _PARTS for field in _FIELDS]
    arrays = cache.read_or_make(path, draw, names)
    train, test = (ImageSet(*(arrays[f"{part}_{field}"] for field in _FIELDS)) for part in _PARTS)
    return Dataset(NAME, CLASSES, train, test)


def render(n_train: int = TRAIN_IMAGES, n_test: int = TEST_IMAGES, seed: int = 0) -> Dataset:
    """Draw the shapes with their masks: pixels that a shape covers by half or more.

    A larger set from the same seed begins with the smaller one.

    Raises:
        InvalidSetting: the images would not fit into memory.
    """
    for field, count in (("train_images", n_train), ("test_images", n_test)):
        if not 1 <= count <= MOST_IMAGES:
            raise InvalidSetting(field, "data.shapes_count", count=count, most=MOST_IMAGES)
    return Dataset(NAME, CLASSES, _draw(n_train, (seed, 0)), _draw(n_test, (seed, 1)))


def _draw(count: int, stream: tuple[int, int]) -> ImageSet:
    chunks = [
        _draw_chunk(np.random.default_rng((_STREAM, *stream, start)))
        for start in range(0, count, _CHUNK)
    ]
    images, labels, masks = (np.concatenate(part)[:count] for part in zip(*chunks, strict=True))
    return ImageSet(images, labels, masks)


def _draw_chunk(random: np.random.Generator) -> tuple[NDArray[np.uint8], Labels, Masks]:
    """Draw images (n, H, W, 3), labels and masks from one random stream."""
    rounds = np.tile(np.arange(len(CLASSES), dtype=np.int64), (_CHUNK // len(CLASSES), 1))
    labels = random.permuted(rounds, axis=1).ravel()  # each class once in every ten images
    coverage = _random_coverage(labels, random)
    knots = background_colours(random, _CHUNK, _KNOTS)
    background = smoothed(knots, SIZE)
    shape = shaded(shape_colours(random, knots), random, SIZE)
    images = background + coverage[..., None] * (shape - background)
    images += _NOISE * random.standard_normal(images.shape, np.float32)
    pixels = np.rint(np.clip(images, 0, 1) * 255).astype(np.uint8)
    return pixels, labels, coverage >= 0.5


def _random_coverage(labels: Labels, random: np.random.Generator) -> Float32:
    """Return the share of each pixel that the shape covers, in a random pose. n, H, W."""
    radius = random.uniform(*_RADII, len(labels))
    room = SIZE / 2 - radius - 0.5  # every shape lies wholly inside the image
    x, y = random.uniform(-1, 1, (2, len(labels))) * room
    angle = random.uniform(0, 2 * np.pi, len(labels))
    return coverage(labels, Poses(x, y, radius, angle), SIZE)


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
