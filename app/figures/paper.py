"""Values printed in the paper, beside runs that they can be compared with."""

from __future__ import annotations

from collections.abc import Sequence

from app.figures.series import Series
from resnet_core.paper.cifar import TEST_ERROR
from resnet_core.runs.cifar10 import repeats_the_paper


def paper_errors(series: Sequence[Series]) -> list[tuple[Series, float]]:
    """The curves for which the paper states a test error, with that error in percent."""
    return [
        (one, TEST_ERROR[one.depth])
        for one in series
        if not one.imported
        and one.depth in TEST_ERROR
        and all(repeats_the_paper(record) for record in one.records)
    ]
