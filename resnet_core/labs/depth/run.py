"""Training and test error as depth grows, while the training images stay the same.

Table 6 of the paper: 1202 layers reach a training error below 0.1 % and a test error of 7.93 %,
110 layers 6.43 %; the paper (section 4.2) calls that overfitting. Plain networks fail the other
way round: it is their training error that rises.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.depth import verdicts
from resnet_core.labs.depth.question import DEPTHS, Settings
from resnet_core.labs.depth.verdicts import Ends
from resnet_core.labs.events import Event, Rows, attributes
from resnet_core.labs.tools import short_runs
from resnet_core.labs.tools.short_runs import FinalErrors, ShortRun
from resnet_core.labs.tools.trained_network import TrainedNetwork

TEST_IMAGES = 1000  # all the embedded shapes or photographs there are to test on

_RECORDS = 18  # of each run
_EVALUATIONS = 3


def experiment(settings: Settings, depth: int, number: int = 0) -> Experiment:
    """One short run of this depth.

    Args:
        number: of the seed, from 0. The images are the same under every seed.
    """
    iterations = settings.iterations
    return short_runs.experiment(
        f"cifar/{settings.family}-{depth}",
        iterations,
        _RECORDS,
        settings,
        test_images=min(settings.images, TEST_IMAGES),
        # The same ramp at every depth: without it the deepest ones lose their first third.
        warmup="linear",
        warmup_iterations=iterations // 3,
        evaluate_every=max(1, iterations // _EVALUATIONS),
        evaluation_images=settings.train_images,
        data=settings.data,
        seed=settings.seed + number,
    )


def run(settings: Settings, networks: Sequence[TrainedNetwork] = ()) -> Iterator[Event]:
    """Measure the trained networks, then train one of each depth, the deepest first."""
    families: dict[str, list[Ends]] = {}
    for network in networks:
        errors = FinalErrors(*network.errors(network.model(), settings.images))
        ends = Ends(network.depth, **vars(errors))
        families.setdefault(network.family, []).append(ends)
        identity = attributes(network, "label", "family", "depth")
        identity |= {"source": network.id, "seed": network.experiment.seed}
        yield Rows.one("errors", identity, vars(errors))
    depths = sorted((d for d in DEPTHS if d <= settings.deepest), reverse=True)
    runs = [
        ShortRun(one, {"seed": one.seed})
        for number in range(settings.seeds)
        for one in (experiment(settings, depth, number) for depth in depths)
    ]
    ladder: list[Ends] = []

    def ended(run: ShortRun, errors: FinalErrors) -> Iterator[Rows]:
        ladder.append(Ends(run.depth, **vars(errors)))
        identity = {**attributes(settings, "family"), **run.columns}
        identity |= {"label": f"{settings.family}-{run.depth}", "depth": run.depth}
        yield Rows.one("errors", identity, vars(errors), source="live")

    yield from short_runs.train_together(runs, lambda event: {"test": event.test_error}, ended)
    counts = settings.train_images, min(settings.images, TEST_IMAGES)
    yield verdicts.short(ladder, *counts)
    yield from verdicts.trained(families, settings.images, ladder)
    yield from verdicts.diverged_depths(ladder)
