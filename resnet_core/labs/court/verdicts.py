"""Convicted, acquitted or not proven: the numbers that decide each hypothesis. Arithmetic only.

Errors are in percent, gaps in points of training error. A hypothesis is convicted if removing its
cause removes the degradation, or if the deep network shows its mark.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from resnet_core.labs.events import Value, Verdict, diverged
from resnet_core.labs.tools.short_runs import FinalErrors

Ruling = Literal["convicted", "acquitted", "not_proven"]

MARGIN = 5.0  # points; below this two errors are called the same
HALF = 0.5  # of the gap: a remedy that leaves more of it does not help
GONE = 1e-3  # first layer's gradient over the last one's: below, it has vanished
HEALTHY = 1e-2  # and above, it has not


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
        ratio: first over last layer's gradient norm, medians over the run.
    """

    role: str
    label: str
    depth: int
    errors: FinalErrors
    ratio: float


@dataclass
class Evidence:
    """The measurements of the trained networks.

    Attributes:
        pair: their errors; None without a shallow and a deep one.
        ratio: first over last layer's gradient norm of the deep one.
        graft: None where the depths do not fit.
    """

    pair: Pair | None = None
    ratio: float | None = None
    graft: Graft | None = None


def first_over_last(norms: Sequence[float] | NDArray[np.float64]) -> float:
    """The ratio of gradient norms; 0 where the last layer has none."""
    return float(norms[0] / norms[-1]) if norms[-1] > 0 else 0.0


def verdicts(runs: Mapping[str, Result], evidence: Evidence, iterations: int) -> Iterator[Verdict]:
    """One a hypothesis; or one alone, where the deep network is not the worse one.

    Args:
        runs: by role.
        iterations: of the shorter runs.
    """
    deep, shallow = runs["deep"].errors, runs["shallow"].errors
    if degrades(deep.train, shallow.train):
        ratios = [runs["deep"].ratio] + ([] if evidence.ratio is None else [evidence.ratio])
        yield gradients(ratios, runs["vanishing"].ratio)
        live = Pair.of(runs["deep"].label, deep, runs["shallow"].label, shallow)
        yield overfitting(evidence.pair or live)
        yield capacity(evidence.graft)
        long = runs["deep_long"].errors.train, runs["shallow_long"].errors.train
        yield steps(deep.train, shallow.train, *long, iterations)
        starts = {name: runs[name].errors.train for name in ("xavier", "small_normal")}
        yield start(deep.train, shallow.train, starts)
    else:
        errors = {"deep": deep.train, "shallow": shallow.train}
        yield Verdict.of("no_degradation", depth=runs["deep"].depth, **errors)
    ended = {f"{run.label} ({run.role})": run.errors for run in runs.values()}
    yield from diverged("runs", {name: one.train for name, one in ended.items() if one.diverged})


def degrades(deep: float, shallow: float) -> bool:
    """Decide from two training errors."""
    return deep - shallow > MARGIN


def gradients(ratios: Sequence[float], reference: float) -> Verdict:
    """Rule on vanishing gradients.

    Args:
        ratios: first over last layer's gradient norm, of each deep network that degrades.
        reference: of the network whose gradient is made to vanish, as a control.
    """
    worst = min(ratios)
    ruling: Ruling = "not_proven"
    if worst < GONE:
        ruling = "convicted"
    elif worst >= HEALTHY and reference < GONE:
        ruling = "acquitted"
    return Verdict(f"gradients_{ruling}", {"ratio": worst, "reference": reference})


def overfitting(pair: Pair) -> Verdict:
    """Rule on overfitting: its mark is a deep network that is worse on test images only."""
    ruling: Ruling = "not_proven"
    if degrades(pair.deep_train, pair.shallow_train):
        ruling = "acquitted"
    elif pair.deep_test - pair.shallow_test > MARGIN:
        ruling = "convicted"
    return Verdict(f"overfitting_{ruling}", asdict(pair))


def capacity(graft: Graft | None) -> Verdict:
    """Rule on capacity: a constructed deep network that does as well as the shallow one acquits."""
    if graft is None:
        return Verdict("capacity_not_proven", {})
    ruling = "convicted" if degrades(graft.grafted, graft.shallow) else "acquitted"
    return Verdict(f"capacity_{ruling}", asdict(graft))


def steps(
    deep: float, shallow: float, deep_long: float, shallow_long: float, iterations: int
) -> Verdict:
    """Rule on the number of steps: three times as many as a remedy."""
    steps: dict[str, Value] = {"long": 3 * iterations, "short": iterations}
    errors = {"deep": deep, "shallow": shallow}
    errors |= {"deep_long": deep_long, "shallow_long": shallow_long}
    return Verdict(f"steps_{remedy(deep, shallow, deep_long)}", {**steps, **errors})


def start(deep: float, shallow: float, others: dict[str, float]) -> Verdict:
    """Rule on initialisation: the best of the other ones as a remedy."""
    best = min(others, key=lambda name: others[name])
    finding = f"start_{remedy(deep, shallow, others[best])}"
    return Verdict.of(finding, best=best, other=others[best], deep=deep, shallow=shallow)


def remedy(deep: float, shallow: float, treated: float) -> Ruling:
    """Rule on a hypothesis by an attempt to remove its cause.

    Args:
        deep, shallow, treated: training errors; `treated` is the deep network's without the
            alleged cause.
    """
    if not degrades(treated, shallow):
        return "convicted"
    return "acquitted" if treated - shallow > HALF * (deep - shallow) else "not_proven"
