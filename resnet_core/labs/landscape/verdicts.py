"""Verdicts on the shape of loss surfaces. Arithmetic only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resnet_core.labs.events import Verdict, attributes, columns

_DIFFERENT = 5.0  # percent of the plane
_NEAR_GUESSING = 0.8


@dataclass(frozen=True)
class Surface:
    """A network's surface in numbers.

    Attributes:
        convex: percent of the plane where it is curved like a bowl.
        basin: percent of the plane where the loss is less than that of guessing.
        minima: places lower than all eight around them.
    """

    label: str
    family: str
    loss: float
    uncertainty: float
    guessing: float
    images: int
    convex: float
    basin: float
    minima: int


def verdicts(surfaces: Sequence[Surface]) -> list[Verdict]:
    """Every surface in numbers, a warning where it is of no minimum, and a comparison."""
    result = []
    for surface in surfaces:
        names = [name for name in columns(Surface) if name != "family"]
        result.append(Verdict("one", attributes(surface, *names)))
        if surface.loss > _NEAR_GUESSING * surface.guessing:
            values = attributes(surface, "label", "loss", "guessing")
            result.append(Verdict("hardly_learned", values))
    plain = next((s for s in surfaces if s.family == "plain"), None)
    residual = next((s for s in surfaces if s.family in {"resnet", "preresnet"}), None)
    if plain and residual:
        result.append(compared(plain.convex, residual.convex))
    return result


def compared(plain: float, residual: float) -> Verdict:
    """Compare the shares of the plane on which the surfaces are like a bowl, percent."""
    values = {"plain": plain, "residual": residual}
    if abs(plain - residual) < _DIFFERENT:
        return Verdict("alike", values)
    return Verdict("residual_smoother" if residual > plain else "plain_smoother", values)
