"""The paper's statements beside the measurements of finished runs, recorded or own, and of others.

A statement compares two networks, so it can be checked wherever both were trained by one recipe;
a test error is compared with the paper's only where network and images are the paper's.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator

from app.page_data import puzzle
from app.page_state.query import PageState
from resnet_core.experiments.experiment import Experiment
from resnet_core.paper import cifar as paper
from resnet_core.paper.reruns import Rerun
from resnet_core.runs.cifar10 import has_the_papers_network, is_cifar_10
from resnet_core.runs.record import RunRecord

# What does not belong to a recipe: the network, the seed, and how often it is measured.
_NOT_THE_RECIPE = {
    **{"name": "", "network": "cifar/resnet-20", "seed": 0, "shortcut": "A"},
    **{"record_every": 100, "evaluate_every": 1000, "audit_every": 5000, "keep_checkpoints": 8},
}
# Median over the 3x3 layers of the response standard deviation at the end of a run.
MedianResponse = Callable[[RunRecord], float | None]
Verdict = Literal["holds", "fails", "open"]
Key = Literal[
    "degradation",
    "degradation_test",
    "shortcuts",
    "depth_training",
    "depth",
    "response",
    "deeper_response",
]

# Two-sided 95 % quantiles of Student's t distribution for 1, 2, ... degrees of freedom.
_T_95 = (12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26)
# A mean response that differs by less than this share of it is called the same for a single seed.
_SAME_RESPONSE = 0.05


class LedgerState(PageState):
    """The statement and the set of runs whose details are shown; "" for the first set."""

    statement: Key = "degradation"
    runs: Annotated[str, AfterValidator(lambda name: name[:64])] = ""


@dataclass(frozen=True)
class Statement:
    """The paper's finding that `above` has more of a quantity than `below`.

    Attributes:
        key: of its sentence in the catalogue.
        quantity: train_error, test_error (percent) or response (a standard deviation).
        figure: where the paper shows it.
        difference: the paper's own, where it prints one.
    """

    key: Key
    quantity: str
    above: str
    below: str
    figure: str
    difference: float | None = None


STATEMENTS = (
    Statement("degradation", "train_error", "plain-56", "plain-20", "Fig. 6"),
    Statement("degradation_test", "test_error", "plain-56", "plain-20", "Fig. 6"),
    Statement("shortcuts", "train_error", "plain-56", "resnet-56", "Fig. 6"),
    Statement("depth_training", "train_error", "resnet-20", "resnet-56", "Fig. 6"),
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

    @property
    def key(self) -> str:
        """Name in a URL: the first group or id in the order of the alphabet."""
        return min(run.group or run.id for run in self.runs)

    @property
    def deep(self) -> int:
        """Layers of the networks that stand for those of 56: fewer where it has none of these."""
        depths = {int(name[-2:]) for name in puzzle.four_of(self.runs)} - {20}
        return depths.pop() if depths else 56

    def of(self, network: str) -> list[RunRecord]:
        """Return the runs of a network, "plain-20"; those of 56 layers are its `deep` ones."""
        network = network.replace("-56", f"-{self.deep}")
        return [run for run in self.runs if run.experiment.network == f"cifar/{network}"]


@dataclass(frozen=True)
class Check:
    """A statement on one recipe's runs, or on what a public repetition reports.

    Attributes:
        above, below: means over the seeds.
        deep: layers of the networks that stand for those of 56.
        margin: a difference smaller than this decides nothing, see `_margin`.
        n: seeds of each network.
        runs: those that were compared.
        causes: keys of what sets the recipe apart from the paper's.
    """

    statement: Statement
    above: float
    below: float
    deep: int
    margin: float
    n: int
    runs: tuple[RunRecord, ...]
    causes: tuple[str, ...]

    @property
    def difference(self) -> float:
        return self.above - self.below

    @property
    def verdict(self) -> Verdict:
        if abs(self.difference) <= self.margin:
            return "open"
        return "holds" if self.difference > 0 else "fails"


def recipes(runs: Sequence[RunRecord]) -> list[Recipe]:
    """Return finished runs by their recipe; the longest trained first, then the most images."""
    by_recipe: dict[Experiment, list[RunRecord]] = {}
    for run in runs:
        if run.state == "finished" and run.parent is None:
            recipe = run.experiment.model_copy(update=_NOT_THE_RECIPE)
            by_recipe.setdefault(recipe, []).append(run)
    ordered = sorted(by_recipe.values(), key=lambda group: -group[0].experiment.iterations)
    return [Recipe(tuple(group)) for group in ordered]


def check(statement: Statement, recipe: Recipe, median_response: MedianResponse) -> Check | None:
    """Return the statement on a recipe's runs; None where it lacks one of the two networks.

    Seeds that both networks have are compared, with option A: what is compared then has the same
    parameters, seed by seed.
    """
    measure = _measure(statement.quantity, median_response)
    sides = [
        {
            run.experiment.seed: run
            for run in recipe.of(network)
            if run.experiment.shortcut == "A" and measure(run) is not None
        }
        for network in (statement.above, statement.below)
    ]
    seeds = sorted(set(sides[0]) & set(sides[1]))
    if not seeds:
        return None
    runs = tuple(side[seed] for side in sides for seed in seeds)
    values = [[measure(side[seed]) or 0.0 for seed in seeds] for side in sides]
    margin = _margin(values, statement.quantity, recipe.experiment.evaluation_images)
    means = [statistics.fmean(each) for each in values]
    return Check(statement, means[0], means[1], recipe.deep, margin, len(seeds), runs, causes(runs))


def reported(statement: Statement, rerun: Rerun) -> Check | None:
    """Return the statement on a public repetition's test errors; None where it has none."""
    above, below = rerun.error(statement.above), rerun.error(statement.below)
    if statement.quantity != "test_error" or above is None or below is None:
        return None
    spreads = [rerun.spread(name) or 0.0 for name in (statement.above, statement.below)]
    if rerun.seeds > 1 and all(spreads):
        margin = _T_95[rerun.seeds - 2] * math.hypot(*spreads) / math.sqrt(rerun.seeds)
    else:
        margin = _binomial_margin(above, below, paper.TEST_IMAGES)
    return Check(statement, above, below, 56, margin, rerun.seeds, (), rerun.causes)


def table_6(runs: Sequence[RunRecord]) -> dict[str, tuple[RunRecord, ...]]:
    """Return our closest repetition of each network of Fig. 6 and Table 6, "plain-20" and so on:
    the longest trained, with all its seeds; () where there is none."""
    ours = recipes([run for run in runs if has_the_papers_network(run)])
    names = [f"plain-{depth}" for depth in (20, 32, 44, 56)]
    names += [f"resnet-{depth}" for depth in paper.TEST_ERROR]
    return {name: _longest(name, ours) for name in names}


def mean_test_error(runs: Sequence[RunRecord]) -> float | None:
    """Return the mean over the runs, percent; None where there are none."""
    errors = [run.test_error for run in runs if run.test_error is not None]
    return statistics.fmean(errors) if errors else None


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


def _longest(network: str, recipes: Sequence[Recipe]) -> tuple[RunRecord, ...]:
    for recipe in recipes:
        runs = tuple(run for run in recipe.of(network) if run.test_error is not None)
        if runs:
            return runs
    return ()


def _measure(quantity: str, median_response: MedianResponse) -> Callable[[RunRecord], float | None]:
    if quantity == "response":
        return median_response
    return lambda run: getattr(run, quantity)


def _margin(values: Sequence[Sequence[float]], quantity: str, images: int) -> float:
    """Return half the 95 % interval of the mean difference.

    Over several seeds it is that of the paired differences (Student's t). A single seed says
    nothing about other seeds: there it is the interval over the evaluated images only, or for a
    response a twentieth of it.
    """
    differences = [above - below for above, below in zip(*values, strict=True)]
    n = len(differences)
    if n > 1:
        t = _T_95[min(n - 2, len(_T_95) - 1)]
        return t * statistics.stdev(differences) / math.sqrt(n)
    above, below = values[0][0], values[1][0]
    if quantity == "response":
        return _SAME_RESPONSE * max(above, below)
    return _binomial_margin(above, below, images)


def _binomial_margin(above: float, below: float, images: int) -> float:
    """Return half the 95 % interval of the difference of two errors on so many images, points."""
    variance = sum(error * (100 - error) for error in (above, below)) / images
    return 1.96 * math.sqrt(max(variance, 0.0))
