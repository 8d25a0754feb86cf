"""The straight path from the baseline to a picture, walked in steps that are fine enough."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from resnet_core.attribution.explanation import Completeness, Options

MOST_STEPS = 1024
GOOD_ENOUGH = 1.0  # percent of the score's difference that may be missed


def walked(
    walk: Callable[[int], Tensor], whole: Tensor, options: Options
) -> tuple[Tensor, Completeness]:
    """What a walk attributes, and how well that adds up.

    Args:
        walk: the attribution, B first, with so many steps.
        whole: B, what it must add up to.
        options: with `refine`, steps are doubled until it does for every picture.
    """
    steps = options.steps
    while True:
        found = walk(steps).detach().float()
        complete = Completeness(found.flatten(1).sum(1), whole, steps)
        worst = float(complete.percent.nan_to_num(0).max())
        if not options.refine or worst < GOOD_ENOUGH or 2 * steps > MOST_STEPS:
            return found, complete
        steps *= 2
