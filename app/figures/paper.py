"""Values printed in the paper, beside runs that they can be compared with."""

from __future__ import annotations

from collections.abc import Sequence

from app.figures.series import Series
from resnet_core.paper import BATCH_SIZE, ITERATIONS, TEST_ERROR, WIDTH
from resnet_core.runs.record import RunRecord


def paper_errors(series: Sequence[Series]) -> list[tuple[Series, float]]:
    """The curves for which the paper states a test error, with that error in percent."""
    return [
        (one, TEST_ERROR[one.depth])
        for one in series
        if one.depth in TEST_ERROR and all(_is_the_papers(record) for record in one.records)
    ]


def _is_the_papers(record: RunRecord) -> bool:
    """Whether the run repeats section 4.2: the network, the data and the length."""
    run = record.experiment
    return (
        run.network.startswith("cifar/resnet-")
        and record.data_title.startswith("CIFAR-10")
        and not record.data_title.startswith("CIFAR-100")
        and run.image_size in (None, 32)
        and run.train_images is None
        and (run.shortcut, run.block, run.width) == ("A", "basic", WIDTH)
        and run.layers_per_block == 2
        and run.activation == "relu"
        and run.batch_norm
        and run.batch_size == BATCH_SIZE
        and run.iterations == ITERATIONS  # a shorter schedule is another experiment
        and record.parent is None
    )
