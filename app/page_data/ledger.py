"""The paper's statements beside the measurements of finished runs, recorded or own.

A statement compares networks, so it can be checked wherever both were trained by one recipe;
a test error is compared with the paper's only where network and images are the paper's.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from resnet_core.experiments.experiment import Experiment
from resnet_core.paper import cifar as paper
from resnet_core.runs.cifar10 import has_the_papers_network, is_cifar_10
from resnet_core.runs.record import RunRecord

# What does not belong to a recipe: the network, the seed, and how often it is measured.
_NOT_THE_RECIPE = {
    **{"name": "", "network": "cifar/resnet-20", "seed": 0, "shortcut": "A"},
    **{"record_every": 100, "evaluate_every": 1000, "audit_every": 5000, "keep_checkpoints": 8},
}
# Mean response standard deviation over the 3x3 layers at the end of a run.
MeanResponse = Callable[[RunRecord], float | None]


@dataclass(frozen=True)
class Statement:
    """The paper's finding that `above` has more of a quantity than `below`.

    Attributes:
        key: of its sentence in the catalogue.
        quantity: train_error, test_error (percent) or response (a standard deviation).
        figure: where the paper shows it.
        difference: the paper's own, where it prints one.
    """

    key: str
    quantity: str
    above: str
    below: str
    figure: str
    difference: float | None = None


STATEMENTS = (
    Statement("degradation", "train_error", "plain-56", "plain-20", "Fig. 6"),
    Statement("shortcuts", "train_error", "plain-56", "resnet-56", "Fig. 6"),
    Statement(
        "depth",
        "test_error",
        "resnet-20",
        "resnet-56",
        "Table 6",
        paper.TEST_ERROR[20] - paper.TEST_ERROR[56],
    ),
    Statement("response", "response", "plain-56", "resnet-56", "Fig. 7"),
    Statement("deeper_response", "response", "resnet-20", "resnet-56", "Fig. 7"),
)


@dataclass(frozen=True)
class Recipe:
    """Finished runs that differ in network and seed only."""

    runs: tuple[RunRecord, ...]

    @property
    def experiment(self) -> Experiment:
        return self.runs[0].experiment

    def of(self, network: str) -> list[RunRecord]:
        return [run for run in self.runs if run.experiment.network == f"cifar/{network}"]


@dataclass(frozen=True)
class Check:
    """A statement on one recipe's runs.

    Attributes:
        above, below: means over the seeds.
        runs: those that were compared.
        causes: keys of what sets the recipe apart from the paper's.
    """

    statement: Statement
    above: float
    below: float
    runs: tuple[RunRecord, ...]
    causes: tuple[str, ...]

    @property
    def difference(self) -> float:
        return self.above - self.below

    @property
    def holds(self) -> bool:
        return self.difference > 0

    @property
    def seeds(self) -> tuple[int, ...]:
        return tuple(sorted({run.experiment.seed for run in self.runs}))


@dataclass(frozen=True)
class TestError:
    """One line of Table 6.

    Attributes:
        ours: mean over `runs`, percent; None where no run repeats the network and images.
    """

    depth: int
    paper: float
    reruns: tuple[float, ...]
    ours: float | None
    runs: tuple[RunRecord, ...]
    causes: tuple[str, ...]

    __test__ = False  # pytest takes the name for a test's


def recipes(runs: Sequence[RunRecord]) -> list[Recipe]:
    """Return finished runs by their recipe; the longest trained first, then the most images."""
    by_recipe: dict[Experiment, list[RunRecord]] = {}
    for run in runs:
        if run.state == "finished" and run.parent is None:
            recipe = run.experiment.model_copy(update=_NOT_THE_RECIPE)
            by_recipe.setdefault(recipe, []).append(run)
    ordered = sorted(by_recipe.values(), key=lambda group: -group[0].experiment.iterations)
    return [Recipe(tuple(group)) for group in ordered]


def checks(
    statement: Statement, recipes: Sequence[Recipe], mean_response: MeanResponse
) -> list[Check]:
    """Return the statement on every recipe that has trained both of its networks."""
    measure = _measure(statement.quantity, mean_response)
    return [
        check for recipe in recipes if (check := _check(statement, recipe, measure)) is not None
    ]


def table_6(runs: Sequence[RunRecord]) -> list[TestError]:
    """Return our closest repetition of each network of Table 6: the longest, with all seeds."""
    ours = recipes([run for run in runs if has_the_papers_network(run)])
    return [_test_error(depth, ours) for depth in paper.TEST_ERROR]


def causes(runs: Sequence[RunRecord]) -> tuple[str, ...]:
    """Return what sets these runs apart from the paper's, as keys of the catalogue."""
    first = runs[0]
    experiment, data = first.experiment, first.data_title
    apart: Mapping[str, bool] = {
        "other_data": not is_cifar_10(data),
        "copy": is_cifar_10(data) and data != "CIFAR-10",
        "fewer_images": experiment.train_images is not None,
        "smaller_images": (experiment.image_size or paper.IMAGE_SIZE) < paper.IMAGE_SIZE,
        "narrower": experiment.width < paper.WIDTH,
        "shorter": experiment.iterations < paper.ITERATIONS,
        "batch": experiment.batch_size != paper.BATCH_SIZE,
        "schedule": (experiment.learning_rate, experiment.warmup, experiment.milestones)
        != (0.1, "auto", None),
        "one_seed": len({run.experiment.seed for run in runs}) == 1,
    }
    return tuple(key for key, differs in apart.items() if differs)


def _check(
    statement: Statement, recipe: Recipe, measure: Callable[[RunRecord], float | None]
) -> Check | None:
    sides = [recipe.of(network) for network in (statement.above, statement.below)]
    shared = set.intersection(*({run.experiment.seed for run in side} for side in sides))
    # Option A only: what is compared has the same parameters, seed by seed.
    compared = [
        [run for run in side if run.experiment.seed in shared and run.experiment.shortcut == "A"]
        for side in sides
    ]
    means = [_mean([measure(run) for run in side]) for side in compared]
    if means[0] is None or means[1] is None:
        return None
    runs = tuple(run for side in compared for run in side)
    return Check(statement, means[0], means[1], runs, causes(runs))


def _measure(quantity: str, mean_response: MeanResponse) -> Callable[[RunRecord], float | None]:
    if quantity == "response":
        return mean_response
    return lambda run: getattr(run, quantity)


def _mean(values: Sequence[float | None]) -> float | None:
    present = [value for value in values if value is not None]
    return statistics.fmean(present) if present and len(present) == len(values) else None


def _test_error(depth: int, recipes: Sequence[Recipe]) -> TestError:
    reruns = paper.RERUNS.get(depth, ())
    for recipe in recipes:
        runs = tuple(run for run in recipe.of(f"resnet-{depth}") if run.test_error is not None)
        ours = _mean([run.test_error for run in runs])
        if ours is not None:
            return TestError(depth, paper.TEST_ERROR[depth], reruns, ours, runs, causes(runs))
    return TestError(depth, paper.TEST_ERROR[depth], reruns, None, (), ())
