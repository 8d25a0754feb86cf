"""Verdict on the dependence of a method's maps on training. Arithmetic only."""

from __future__ import annotations

import math

from resnet_core.labs.attribution.question import NAMES
from resnet_core.labs.events import Verdict
from resnet_core.labs.tools.intervals import ERRORS, side

# Rank correlations of maps of random weights with those of the trained ones.
SAME, OTHER = 0.5, 0.25


def verdict(label: str, method: str, last: float, error: float, images: int) -> Verdict:
    """Judge the mean correlation with all weights random; nan where no map had an order.

    Args:
        error: standard error of the mean, over the pictures and the draws of the weights.
    """
    values = {"label": label, "method": NAMES[method]}
    if math.isnan(last):
        return Verdict("blank", values)
    same, other = side(last, error, SAME), side(last, error, OTHER)
    finding = "undecided"
    if same > 0:
        finding = "survives"
    elif other < 0:
        finding = "depends"
    elif same < 0 and other > 0:
        finding = "partly"
    low, high = last - ERRORS * error, last + ERRORS * error
    return Verdict(finding, {**values, "last": last, "low": low, "high": high, "images": images})
