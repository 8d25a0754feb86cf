"""Whether a method's maps depend on what was learned. Arithmetic only."""

from __future__ import annotations

import math

from resnet_core.labs.attribution.question import NAMES
from resnet_core.labs.events import Verdict

# Rank correlations of what is left of a map when nothing that was learned is left.
SAME, OTHER = 0.5, 0.25


def verdict(label: str, method: str, last: float, images: int) -> Verdict:
    """From the mean correlation with all weights random; nan where no map had an order."""
    said = {"label": label, "method": NAMES[method]}
    if math.isnan(last):
        return Verdict("blank", said)
    finding = "survives" if last >= SAME else "depends" if last <= OTHER else "partly"
    return Verdict(finding, {**said, "last": last, "images": images})
