"""The outlines and colours of the embedded shapes, and how they are painted.

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
        mine = labels == index
        scale = poses.radius[mine, None, None].astype(np.float32)
        dx = ((pixel - poses.x[mine, None]).astype(np.float32)[:, None, :]) / scale
        dy = ((pixel - poses.y[mine, None]).astype(np.float32)[:, :, None]) / scale
        angle = poses.angle[mine, None, None]
        cos, sin = (f(angle).astype(np.float32) for f in (np.cos, np.sin))
        distance = outline(cos * dx + sin * dy, cos * dy - sin * dx) * scale  # pixels
        covered[mine] = np.clip(0.5 - distance, 0, 1)
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
