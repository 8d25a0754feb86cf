"""The outlines of the embedded shapes as signed distances.

Each function takes coordinates x and y (any equal shapes) in units of the circle around
the shape and returns the distance to the outline in the same unit, negative inside. Near
the outline, where anti-aliasing needs them, the distances are exact.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.floating]
Outline = Callable[[Plane, Plane], Plane]


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


OUTLINES: dict[str, Outline] = {
    "disc": disc,
    "square": square,
    "triangle": triangle,
    "star": star,
    "ring": ring,
    "cross": cross,
    "bar": bar,
    "crescent": crescent,
    "trefoil": trefoil,
    "frame": frame,
}


def _circle(x: Plane, y: Plane, radius: float) -> Plane:
    return np.sqrt(x * x + y * y) - radius


def _box(x: Plane, y: Plane, half_width: float, half_height: float) -> Plane:
    return np.maximum(np.abs(x) - half_width, np.abs(y) - half_height)


def _folded(x: Plane, y: Plane, times: int) -> tuple[Plane, Plane]:
    """The plane turned into one sector, from 0 to pi / times, by rotation and reflection."""
    sector = np.float32(2 * np.pi / times)
    angle = np.abs(np.remainder(np.arctan2(y, x) + sector / 2, sector) - sector / 2)
    radius = np.sqrt(x * x + y * y)
    return radius * np.cos(angle), radius * np.sin(angle)
