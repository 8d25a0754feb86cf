"""Verdict on the dependence of a method's maps on training. Arithmetic only."""

from __future__ import annotations

import math

from resnet_core.labs.attribution.question import NAMES
from resnet_core.labs.events import Verdict

# Rank correlations of maps of random weights with those of the trained ones.
SAME, OTHER = 0.5, 0.25


def verdict(label: str, method: str, last: float, images: int) -> Verdict:
    """Judge the mean correlation with all weights random; nan where no map had an order."""
    values = {"label": label, "method": NAMES[method]}
    if math.isnan(last):
        return Verdict("blank", values)
    finding = "survives" if last >= SAME else "depends" if last <= OTHER else "partly"
    return Verdict(finding, {**values, "last": last, "images": images})
