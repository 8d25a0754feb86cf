"""Verdicts on the correlation of gradients at neighbouring inputs. Arithmetic only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resnet_core.labs.events import Value, Verdict
from resnet_core.labs.microscope.verdicts import FORMS, Form, which
from resnet_core.labs.shattered.question import Settings

_DIFFERENT = 0.1  # of a correlation
_NEAR_NOISE = 0.15

Curves = Mapping[Form, Sequence[float]]  # by depth, of each form


def at_the_end(curves: Curves, noises: Mapping[str, float], settings: Settings) -> Verdict:
    """Compare the forms' gradients with white noise at the last layer."""
    plain, residual = curves["plain"][-1], curves["residual"][-1]
    values: dict[str, Value] = {"depth": len(curves["plain"]), "seeds": settings.seeds}
    correlations = {"plain": plain, "residual": residual, **noises}
    values |= {name: round(value, 2) + 0.0 for name, value in correlations.items()}  # no -0.00
    if max(plain, residual) < noises["white"] + _NEAR_NOISE:
        return Verdict("both_shatter", values)
    if abs(plain - residual) < _DIFFERENT:
        return Verdict("alike", values)
    return Verdict("plain_shatters" if plain < residual else "residual_shatters", values)


def half(curves: Curves) -> Verdict:
    """The depth at which the correlation falls below one half."""
    depth = len(curves["plain"])
    values: dict[str, Value] = {"depth": depth}
    below: list[Form] = []
    for form in FORMS:
        first = next((at for at, value in enumerate(curves[form], start=1) if value < 0.5), None)
        if first is not None:
            below.append(form)
            values[f"{form}_half"] = first
    return Verdict(f"half_{which(below)}", values)
