"""Values printed in the paper, beside runs that they can be compared with."""

from __future__ import annotations

from collections.abc import Sequence

from app.figures.series import Series
from resnet_core.runs.record import RunRecord

# Table 6: test error on CIFAR-10, percent, of the best run where there were several.
TABLE_6 = {20: 8.75, 32: 7.51, 44: 7.17, 56: 6.97, 110: 6.43, 1202: 7.93}
# A schedule much shorter than the paper's 64k iterations is another experiment.
_ITERATIONS = 64_000


def paper_errors(series: Sequence[Series]) -> list[tuple[Series, float]]:
    """The curves for which the paper states a test error, with that error in percent."""
    return [
        (one, TABLE_6[one.depth])
        for one in series
        if one.depth in TABLE_6 and all(_is_the_papers(record) for record in one.records)
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
        and (run.shortcut, run.block, run.width) == ("A", "basic", 16)
        and run.layers_per_block == 2
        and run.activation == "relu"
        and run.batch_norm
        and run.batch_size == 128
        and run.iterations == _ITERATIONS
        and record.parent is None
    )
