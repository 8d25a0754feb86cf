"""Verdicts on the shape of loss surfaces. Arithmetic only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from resnet_core.labs.events import Verdict, attributes
from resnet_core.labs.tools.intervals import side

_NEAR_GUESSING = 0.8


@dataclass(frozen=True)
class Surface:
    """A network's surface in numbers.

    Attributes:
        convex: percent of the plane where it is curved like a bowl.
        convex_error: standard error of `convex` over the plane's four quarters, which stand for
            other directions.
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
    convex_error: float = 0.0

    @property
    def learned(self) -> bool:
        """Its loss is clearly below that of guessing."""
        return self.loss <= _NEAR_GUESSING * self.guessing


_NUMBERS = ("label", "loss", "uncertainty", "guessing", "images", "convex", "basin", "minima")


def verdicts(surfaces: Sequence[Surface]) -> list[Verdict]:
    """Every surface in numbers, a warning where it is of no minimum, and a comparison.

    The surface of a network that has hardly learned is compared with none.
    """
    result = []
    for surface in surfaces:
        result.append(Verdict("one", attributes(surface, *_NUMBERS)))
        if not surface.learned:
            values = attributes(surface, "label", "loss", "guessing")
            result.append(Verdict("hardly_learned", values))
    trained = [surface for surface in surfaces if surface.learned]
    plain = next((s for s in trained if s.family == "plain"), None)
    residual = next((s for s in trained if s.family in {"resnet", "preresnet"}), None)
    if plain and residual:
        result.append(compared(plain, residual))
    return result


def compared(plain: Surface, residual: Surface) -> Verdict:
    """Compare the shares of the plane on which the surfaces are like a bowl."""
    error = math.hypot(plain.convex_error, residual.convex_error)
    outcomes = {1: "residual_smoother", -1: "plain_smoother", 0: "alike"}
    finding = outcomes[side(residual.convex - plain.convex, error)]
    values = {"plain": plain.convex, "residual": residual.convex, "error": error}
    return Verdict(finding, {**values, "plain_label": plain.label, "label": residual.label})
