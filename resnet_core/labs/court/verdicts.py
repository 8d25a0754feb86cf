"""Convicted, acquitted or open: the numbers that decide each hypothesis. Arithmetic only.

Errors are in percent, gaps in points of training error. A hypothesis is convicted if removing its
cause removes more than half of the degradation, or if the deep network shows its mark and the
shallow one does not. It is open where an interval over seeds and images holds the threshold.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from resnet_core.labs.court.question import Settings
from resnet_core.labs.events import Value, Verdict, diverged
from resnet_core.labs.tools.intervals import Groups, between_networks
from resnet_core.labs.tools.short_runs import CLASSES, FinalErrors, guessing_error

Ruling = Literal["convicted", "acquitted", "open"]

MARGIN = 5.0  # points; below this two errors are called the same
HALF = 0.5  # of the gap: a remedy that leaves more of it does not help
UNTRAINED = 10.0  # points below guessing: a shallow network that is no better has learned nothing
# A layer's norm over the last layer's, at its least and at its most.
GONE, LOW = 1e-3, 1e-2  # has vanished; has not
HIGH, BLOWN = 1e2, 1e3  # has not exploded; has
KINDS = ("weights", "signals")  # whose gradients: dLoss/dW and dLoss/dy
PAIR = ("deep", "shallow")  # roles with several seeds
STARTS = ("dirac", "dirac_leaky")  # roles with another start
LONGER = ("deep_3x", "deep_3x_slow", "deep_10x_slow")
Reach = tuple[float, float]  # least and most of a layer's norm over the last layer's


@dataclass(frozen=True)
class Pair:
    """A shallow and a deep plain network, trained alike."""

    deep: str  # labels
    shallow: str
    deep_train: float
    deep_test: float
    shallow_train: float
    shallow_test: float

    @classmethod
    def of(cls, deep: str, below: FinalErrors, shallow: str, above: FinalErrors) -> Pair:
        """The pair of two labels and their errors, the deep network first."""
        return cls(deep, shallow, below.train, below.test, above.train, above.test)


@dataclass(frozen=True)
class Graft:
    """The constructed deep network beside the trained one, training errors.

    Attributes:
        label: of the shallow network that was grafted; `deep` is the trained deep one's.
        depth: of the constructed network.
    """

    label: str
    depth: int
    grafted: float
    shallow: float
    deep: str
    trained: float


@dataclass(frozen=True)
class Result:
    """The result of a short run.

    Attributes:
        reach: of its weights' gradients, over layers and measurements.
    """

    role: str
    label: str
    depth: int
    errors: FinalErrors
    reach: Reach


@dataclass
class Evidence:
    """The measurements of the trained networks.

    Attributes:
        images: on which their errors were measured.
        pair: their errors; None without a shallow and a deep one.
        reaches: by role and kind, one a moment of the training.
        graft: None where a plain block cannot copy.
    """

    images: int = 1000
    pair: Pair | None = None
    reaches: dict[tuple[str, str], list[Reach]] = field(default_factory=dict)
    graft: Graft | None = None


def reach(norms: Sequence[float] | NDArray[Any]) -> Reach:
    """The least and the most of the layers' norms over the last one's; (0, 0) where it is 0."""
    ratios = np.asarray(norms, float) / norms[-1] if norms[-1] > 0 else np.zeros(1)
    return float(ratios.min()), float(ratios.max())


def reach_over(measurements: Sequence[NDArray[Any]]) -> Reach:
    """The least and the most over a run's measurements; those that overflowed count as such."""
    reaches = [reach(norms) for norms in measurements if np.isfinite(norms).all()]
    if len(reaches) < len(measurements):
        reaches.append((1.0, math.inf))
    return joined(reaches)


def joined(reaches: Sequence[Reach]) -> Reach:
    """The least and the most of several; (1, 1) of none."""
    return min((low for low, _ in reaches), default=1.0), max(
        (high for _, high in reaches), default=1.0
    )


def verdicts(runs: Sequence[Result], evidence: Evidence, settings: Settings) -> Iterator[Verdict]:
    """One a hypothesis, then an answer; or one alone, where there is nothing to explain."""
    errors: dict[Hashable, list[float]] = {}
    for run in runs:
        errors.setdefault(run.role, []).append(run.errors.train)
    groups = Groups(errors, settings.train_images)
    gap = groups.difference("deep", "shallow")
    values = {"depth": settings.depth, "low": gap.low, "high": gap.high}
    values |= {"deep": groups.mean("deep"), "shallow": groups.mean("shallow")}
    if groups.mean("shallow") > guessing_error(CLASSES) - UNTRAINED:
        yield Verdict("nothing_learned", values)
    elif not gap.above(0):
        yield Verdict("no_degradation" if gap.middle < MARGIN else "degradation_undecided", values)
    else:
        rulings = [*_rulings(runs, groups, evidence, settings)]
        yield from rulings
        counts = {
            ruling: sum(one.finding.endswith(ruling) for one in rulings)
            for ruling in ("convicted", "acquitted", "open")
        }
        finding = "answer_convicted" if counts["convicted"] else "answer_open"
        yield Verdict(finding, {"suspects": len(rulings), **counts})
    diverged_runs = {f"{run.label} ({run.role})": run.errors for run in runs}
    ended = {name: one.train for name, one in diverged_runs.items() if one.diverged}
    yield from diverged("runs", ended)


def _rulings(
    runs: Sequence[Result], groups: Groups, evidence: Evidence, settings: Settings
) -> Iterator[Verdict]:
    reaches = {
        role: joined(
            [run.reach for run in runs if run.role == role]
            + [each for kind in KINDS for each in evidence.reaches.get((role, kind), [])]
        )
        for role in ("deep", "shallow", "vanishing")
    }
    yield vanishing(reaches["deep"][0], reaches["shallow"][0], reaches["vanishing"][0])
    yield exploding(reaches["deep"][1], reaches["shallow"][1])
    tests = {role: fmean(r.errors.test for r in runs if r.role == role) for role in PAIR}
    label = {run.role: run.label for run in runs}
    live = Pair(
        label["deep"],
        label["shallow"],
        groups.mean("deep"),
        tests["deep"],
        groups.mean("shallow"),
        tests["shallow"],
    )
    images = evidence.images if evidence.pair else settings.train_images
    yield overfitting(evidence.pair or live, images, groups.spread, groups.freedom)
    yield capacity(evidence.graft)
    yield steps(groups, settings.iterations)
    yield start(groups)


def vanishing(least: float, shallow: float, reference: float) -> Verdict:
    """Rule on vanishing gradients.

    Args:
        least: of the deep networks, over layers, moments, weights and signals.
        shallow: of the shallow ones, which train: what they show as well is not the cause.
        reference: of the network whose gradient is made to vanish, as a control.
    """
    ruling: Ruling = "open"
    if least < GONE <= shallow:
        ruling = "convicted"
    elif least >= LOW and reference < GONE:
        ruling = "acquitted"
    return Verdict.of(f"vanishing_{ruling}", least=least, shallow=shallow, reference=reference)


def exploding(most: float, shallow: float) -> Verdict:
    """Rule on exploding gradients; arguments as `vanishing`."""
    ruling: Ruling = "open"
    if most > BLOWN >= shallow:
        ruling = "convicted"
    elif most <= HIGH:
        ruling = "acquitted"
    return Verdict.of(f"exploding_{ruling}", most=min(most, 1e30), shallow=min(shallow, 1e30))


def overfitting(pair: Pair, images: int, spread: float, freedom: int) -> Verdict:
    """Rule on overfitting: its mark is a deep network that is worse on test images only.

    Args:
        spread, freedom: of errors over seeds, and the degrees of freedom that it is known with.
    """
    on_training, on_test = (
        between_networks(deep, shallow, images, spread, freedom)
        for deep, shallow in (
            (pair.deep_train, pair.shallow_train),
            (pair.deep_test, pair.shallow_test),
        )
    )
    ruling: Ruling = "open"
    if on_training.above(0):
        ruling = "acquitted"
    elif on_training.middle < MARGIN and on_test.above(0):
        ruling = "convicted"
    return Verdict(f"overfitting_{ruling}", asdict(pair))


def capacity(graft: Graft | None) -> Verdict:
    """Rule on capacity: a constructed deep network that does as well as the shallow one acquits."""
    if graft is None:
        return Verdict("capacity_open", {})
    ruling = "convicted" if graft.grafted - graft.shallow > MARGIN else "acquitted"
    return Verdict(f"capacity_{ruling}", asdict(graft))


def steps(groups: Groups, iterations: int) -> Verdict:
    """Rule on the number of steps: the best of the longer runs as a remedy."""
    best = min(LONGER, key=groups.mean)
    values: dict[str, Value] = {"short": iterations, "best": groups.mean(best)}
    values |= {role: groups.mean(role) for role in (*PAIR, *LONGER, "shallow_3x")}
    return Verdict(f"steps_{remedy(groups, best)}", values)


def start(groups: Groups) -> Verdict:
    """Rule on initialisation: the best of the other starts as a remedy."""
    best = min(STARTS, key=groups.mean)
    values = {role: groups.mean(role) for role in (*PAIR, *STARTS)}
    return Verdict(f"start_{remedy(groups, best)}", values)


def remedy(groups: Groups, treated: str) -> Ruling:
    """Rule by what an attempt to remove the cause leaves of the gap: less than half, or more."""
    left = groups.difference(treated, "shallow")
    half = HALF * groups.difference("deep", "shallow").middle
    if left.below(half):
        return "convicted"
    return "acquitted" if left.above(half) else "open"
