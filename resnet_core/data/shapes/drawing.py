"""How the embedded shapes are painted: coverage of pixels, shading, smooth backgrounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from resnet_core.data.shapes.outlines import OUTLINES

Float32 = NDArray[np.float32]


@dataclass(frozen=True)
class Poses:
    """Where shapes are, each float64, N.

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
    """The share of each pixel that the shape covers: N, size, size.

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
    """From one colour to the other across the image, in a random direction. N, size, size, 3."""
    angle = random.uniform(0, 2 * np.pi, (len(colours), 1, 1)).astype(np.float32)
    pixel = ((np.arange(size) + 0.5) / size - 0.5).astype(np.float32)
    along = np.clip(0.5 + np.cos(angle) * pixel + np.sin(angle) * pixel[:, None], 0, 1)
    first, second = colours[:, 0, None, None], colours[:, 1, None, None]
    return first + along[..., None] * (second - first)


def smoothed(knots: Float32, size: int) -> Float32:
    """Colours interpolated between knots: N, knots, knots, 3 -> N, size, size, 3."""
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
