"""The class's own Figure 6: which network each phone trains, and which results can be.

A phone trains in its browser, by the playground's networks; the server computes nothing. What it is
sent is checked for what such a training can end with. That stops mistakes and crude jokes; a number
in range that was made up cannot be told from a measured one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from resnet_core.classroom.record import Result
from resnet_core.errors import PlaygroundError

FORMAT = "residual-playground-run-1"
LAYERS = (4, 10, 20, 30, 40)
UPDATES = 1000
POINTS = 400  # the playground's; an error is a number of them on the wrong side
# With two classes, half of the points are right by chance. Seeds beyond this were not seen.
WORST = 0.65
SHORTCUT = 2  # layers that the playground's shortcuts go over


@dataclass(frozen=True)
class Deal:
    """The network that a student's phone trains."""

    layers: int
    residual: bool
    seed: int


def deal(number: int) -> Deal:
    """Return the network of the student who joined as this number, from 1.

    Two students make a pair, plain and residual of one depth and seed; ten students, all depths.
    """
    pair = (number - 1) // 2
    return Deal(LAYERS[pair % len(LAYERS)], number % 2 == 0, 1 + pair // len(LAYERS))


def checked(member: str, dealt: Deal, sent: Any) -> Result:
    """Return the result in what a phone has sent: a run as the playground saves it.

    Raises:
        PlaygroundError: it is no run, another network's, too short, or cannot be.
    """
    if not isinstance(sent, Mapping) or sent.get("format") != FORMAT:
        raise PlaygroundError("classroom.result.unreadable")
    networks = sent.get("networks")
    network = networks[0] if isinstance(networks, list) and len(networks) == 1 else None
    settings = network.get("settings") if isinstance(network, Mapping) else None
    if not isinstance(network, Mapping) or not isinstance(settings, Mapping):
        raise PlaygroundError("classroom.result.unreadable")
    shortcut = SHORTCUT if dealt.residual else 0
    for field, right in (("seed", dealt.seed), ("depth", dealt.layers), ("shortcut", shortcut)):
        given = settings.get(field)
        if given != right or isinstance(given, bool):
            raise PlaygroundError(
                "classroom.result.other", field=field, dealt=right, sent=str(given)[:20]
            )
    updates = sent.get("updates")
    if not isinstance(updates, int) or updates != UPDATES:
        raise PlaygroundError("classroom.result.short", updates=str(updates)[:20], needed=UPDATES)
    return Result(
        member=member,
        layers=dealt.layers,
        residual=dealt.residual,
        seed=dealt.seed,
        error=_error(network.get("error")),
    )


def _error(value: Any) -> float:
    """Return an error that 400 points can give."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise PlaygroundError("classroom.result.unreadable")
    points = value * POINTS
    if not 0 <= value <= WORST or abs(points - round(points)) > 1e-6:
        raise PlaygroundError("classroom.result.impossible")
    return float(value)
