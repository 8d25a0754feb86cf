"""Training and test error as depth grows, while the training images stay the same.

Table 6 of the paper: 1202 layers reach a training error below 0.1 % and a test error of 7.93 %,
110 layers 6.43 %; the paper (section 4.2) calls that overfitting. Plain networks fail the other
way round: it is their training error that rises.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.depth import verdicts
from resnet_core.labs.depth.question import DEPTHS, Settings
from resnet_core.labs.depth.verdicts import Ends
from resnet_core.labs.events import Event, Progress, Row, Rows
from resnet_core.labs.tools import short_runs
from resnet_core.labs.tools.short_runs import CLASSES, FinalErrors
from resnet_core.labs.tools.trained_network import TrainedNetwork
from resnet_core.telemetry.events import Measurement

TEST_IMAGES = 1000  # all the embedded shapes there are to test on

_RECORDS = 18  # of each run
_EVALUATIONS = 3


def experiment(settings: Settings, depth: int) -> Experiment:
    """One short run of this depth."""
    iterations = settings.iterations
    return short_runs.experiment(
        f"cifar/{settings.family}-{depth}",
        iterations,
        _RECORDS,
        train_images=settings.train_images,
        test_images=min(settings.images, TEST_IMAGES),
        learning_rate=settings.learning_rate,
        # The same ramp at every depth: without it the deepest ones lose their first third.
        warmup="linear",
        warmup_iterations=iterations // 3,
        evaluate_every=max(1, iterations // _EVALUATIONS),
        evaluation_images=settings.train_images,
        seed=settings.seed,
    )


def run(settings: Settings, networks: Sequence[TrainedNetwork] = ()) -> Iterator[Event]:
    """Measure the trained networks, then train one of each depth, the deepest first."""
    families: dict[str, list[Ends]] = {}
    for network in networks:
        errors = FinalErrors(*network.errors(network.model(), settings.images))
        ends = Ends(network.depth, errors.train, errors.test)
        families.setdefault(network.family, []).append(ends)
        yield Rows("errors", [_trained_row(network, errors)])
    depths = sorted((d for d in DEPTHS if d <= settings.deepest), reverse=True)
    ladder: list[Ends] = []
    yield from _train(settings, depths, ladder)
    yield verdicts.short(ladder, settings.train_images, min(settings.images, TEST_IMAGES))
    yield from verdicts.trained(families, settings.images)
    yield from verdicts.diverged(ladder)


def _train(settings: Settings, depths: Sequence[int], ladder: list[Ends]) -> Iterator[Event]:
    """Train all depths; append their final errors."""
    # A step takes time in proportion to the depth; so do the shares of progress.
    total, iterations = settings.iterations * sum(depths), dict.fromkeys(depths, 0)
    training = short_runs.train_all([experiment(settings, depth) for depth in depths])
    with closing(training) as events:
        for index, event in events:
            depth = depths[index]
            if isinstance(event, Measurement):
                iterations[depth] = event.iteration
                yield Rows("curves", [_curve_row(depth, event)])
            else:
                iterations[depth] = settings.iterations
                errors = FinalErrors.of(event, CLASSES)
                ladder.append(Ends(depth, errors.train, errors.test, errors.diverged))
                yield Rows("errors", [_live_row(settings, depth, errors)])
            steps = sum(depth * iteration for depth, iteration in iterations.items())
            yield Progress(steps, total)


def _trained_row(network: TrainedNetwork, errors: FinalErrors) -> Row:
    return {
        "source": network.id,
        "label": network.label,
        "family": network.family,
        "depth": network.depth,
        "seed": network.experiment.seed,
        **asdict(errors),
    }


def _live_row(settings: Settings, depth: int, errors: FinalErrors) -> Row:
    family, seed = settings.family, settings.seed
    live = {"source": "live", "label": f"{family}-{depth}", "family": family}
    return {**live, "depth": depth, "seed": seed, **asdict(errors)}


def _curve_row(depth: int, event: Measurement) -> Row:
    errors = {"error": event.running_error, "test": event.test_error}
    return {"depth": depth, "iteration": event.iteration, **errors}
