"""Verdicts on the race of the two forms. Arithmetic only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from resnet_core.labs.events import Verdict
from resnet_core.labs.microscope.question import Settings

Form = Literal["plain", "residual"]
FORMS: tuple[Form, ...] = ("plain", "residual")
SOLVED = 1e-6  # a relative loss below this is no error at all

SHIFTED = "shifted"  # a plain stack whose layers begin at I + W

_WORSE = 2.0  # times the loss of one block, and beyond the ranges over seeds: grows with depth
_MUCH = 10.0  # times the other's loss: where both grow, the worse one is named
_FLAT = 1.25  # times it: does not grow
_AHEAD = 1.5  # times the other's loss: ahead
_REACHED = 1e-3  # distance of a weight from the solution


@dataclass(frozen=True)
class Outcome:
    """A form's best recipe: its loss is the median over seeds; low and high are its range."""

    gain: float
    rate: float
    loss: float
    low: float
    high: float


def which(forms: Sequence[Form]) -> str:
    """The forms of which something holds, as a part of a verdict's key."""
    return "both" if len(forms) == 2 else forms[0] if forms else "neither"


def winner(settings: Settings, outcomes: Mapping[str, Outcome], zero_loss: float) -> Verdict:
    """Compare the forms at the chosen depth, and with the loss of the constant output 0."""
    plain, residual = outcomes["plain"].loss, outcomes["residual"].loss
    values = {"depth": settings.depth, "plain": plain, "residual": residual}
    if zero_loss > SOLVED and min(plain, residual) > 0.9 * zero_loss:
        return Verdict("neither", {**values, "steps": settings.steps, "nothing": zero_loss})
    if max(plain, SOLVED) > _AHEAD * max(residual, SOLVED):
        return Verdict("residual_wins", values)
    if max(residual, SOLVED) > _AHEAD * max(plain, SOLVED):
        return Verdict("plain_wins", values)
    return Verdict("draw", values)


def control(outcomes: Mapping[str, Outcome]) -> Verdict:
    """Compare a plain stack that begins at the identity with both forms.

    What it closes of the gap is not the form's but the starting point's.
    """
    plain, residual, shifted = (max(outcomes[name].loss, SOLVED) for name in (*FORMS, SHIFTED))
    if shifted <= _AHEAD * residual:
        finding = "control_all"
    else:
        finding = "control_part" if _AHEAD * shifted < plain else "control_none"
    values = {"plain": plain, "residual": residual, "shifted": outcomes[SHIFTED].loss}
    return Verdict(finding, values)


def about_depth(results: Mapping[int, Mapping[str, Outcome]]) -> Verdict:
    """Compare each form's loss at the largest depth with that of one block, as factors."""
    first, last = min(results), max(results)
    values: dict[str, float | int] = {"deepest": last}
    grown, flat = [], []
    for form in FORMS:
        one, deep = results[first][form], results[last][form]
        times = max(deep.loss, SOLVED) / max(one.loss, SOLVED)
        values |= {f"{form}_1": one.loss, form: deep.loss, f"{form}_times": times}
        if times > _WORSE and deep.low > one.high:
            grown.append(form)
        elif times <= _FLAT:
            flat.append(form)
    losses = {form: max(results[last][form].loss, SOLVED) for form in FORMS}
    return Verdict(f"depth_{_depth_finding(grown, flat, losses)}", values)


def _depth_finding(
    grown: Sequence[Form], flat: Sequence[Form], losses: Mapping[Form, float]
) -> str:
    worse = max(FORMS, key=lambda form: losses[form])
    if len(grown) == 2:
        apart = max(losses.values()) > _MUCH * min(losses.values())
        return f"hurts_{worse}_more" if apart else "hurts_both"
    if len(grown) == 1:
        (form,) = grown
        if losses[form] < losses[worse]:
            return f"hurts_{form}_ahead"
        return f"hurts_{form}" if flat else f"hurts_{form}_more"
    return "hurts_neither" if len(flat) == 2 else "undecided"


def one_layer(residual: float, shifted: float) -> Verdict:
    """Compare the plain stack that starts at I + W with the residual one, up to rounding."""
    gap = abs(residual - shifted)
    same = gap <= 1e-2 * max(residual, shifted) or gap <= SOLVED
    return Verdict("one_layer_same" if same else "one_layer_apart", {"gap": gap})


def convex(plain: float, residual: float, steps: int) -> Verdict:
    """Compare one linear layer of each form with the known solution.

    Args:
        plain, residual: largest distances from a weight of the least-squares solution.
    """
    values = {"plain": plain, "residual": residual, "steps": steps}
    return Verdict("convex" if max(plain, residual) < _REACHED else "convex_missed", values)
