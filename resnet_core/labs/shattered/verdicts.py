"""Verdicts on the correlation of gradients at neighbouring inputs. Arithmetic only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch
from torch import Tensor

from resnet_core.labs.events import Value, Verdict
from resnet_core.labs.microscope.verdicts import FORMS, Form, which
from resnet_core.labs.shattered.question import Settings
from resnet_core.labs.tools.intervals import Interval

_DIFFERENT = 0.1  # of a correlation
_NEAR_NOISE = 0.15

Curves = Mapping[Form, Sequence[float]]  # by depth, of each form


def verdicts(
    curves: Mapping[tuple[Form, bool], Tensor], noises: Mapping[str, float], settings: Settings
) -> Iterator[Verdict]:
    """Say which networks overflowed; of the others who shatters, where, and BN's part.

    Args:
        curves: by form and BN: correlations of neighbours, seeds by layers.
    """
    own = {form: curves[form, settings.batch_norm] for form in FORMS}
    lost = {form: overflow(one) for form, one in own.items()}
    for form, layer in lost.items():
        if layer is not None:
            values: dict[str, Value] = {"layer": layer, "depth": settings.depth}
            yield Verdict(f"overflow_{form}", values)
    if any(lost.values()):
        return
    means = {form: one.mean(0).tolist() for form, one in own.items()}
    yield at_the_end(means, noises, settings, spread(own["plain"] - own["residual"]))
    yield half(means)
    if overflow(curves["plain", True]) is None and overflow(curves["plain", False]) is None:
        yield part_of_bn(
            curves["plain", True][:, -1], curves["plain", False][:, -1], settings.depth
        )


def overflow(correlations: Tensor) -> int | None:
    """The first layer, from 1, at which gradients of any seed are no longer numbers."""
    lost = (~torch.isfinite(correlations)).any(0).nonzero()
    return int(lost[0]) + 1 if len(lost) else None


def spread(differences: Tensor) -> float:
    """Half the 95 % interval of the last layer's mean difference over seeds."""
    interval = Interval.of(differences[:, -1].tolist())
    return interval.high - interval.middle


def part_of_bn(with_bn: Tensor, without: Tensor, depth: int) -> Verdict:
    """Compare the plain networks with BN with those without, at the last layer."""
    values: dict[str, Value] = {"depth": depth}
    values |= {"with_bn": float(with_bn.mean()), "without": float(without.mean())}
    difference = without - with_bn
    half_width = spread(difference[:, None])
    low, high = (float(difference.mean()) + sign * half_width for sign in (-1, 1))
    if low > _DIFFERENT:
        return Verdict("bn_shatters", values)
    return Verdict("bn_no_part" if high < _DIFFERENT else "bn_undecided", values)


def at_the_end(
    curves: Curves, noises: Mapping[str, float], settings: Settings, spread: float
) -> Verdict:
    """Compare the forms' gradients with white noise at the last layer.

    Args:
        spread: half the interval of the forms' difference.
    """
    plain, residual = curves["plain"][-1], curves["residual"][-1]
    values: dict[str, Value] = {"depth": len(curves["plain"]), "seeds": settings.seeds}
    correlations = {"plain": plain, "residual": residual, **noises}
    values |= {name: round(value, 2) + 0.0 for name, value in correlations.items()}  # no -0.00
    if max(plain, residual) < noises["white"] + _NEAR_NOISE:
        return Verdict("both_shatter", values)
    if abs(plain - residual) - spread <= _DIFFERENT:
        decided = abs(plain - residual) + spread < _DIFFERENT
        return Verdict("alike" if decided else "undecided", values)
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
