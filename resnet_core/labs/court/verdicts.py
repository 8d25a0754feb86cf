"""Convicted, acquitted or not proven: the numbers that decide each hypothesis. Arithmetic only.

Errors are in percent, gaps in points of training error. A hypothesis is convicted if removing its
cause removes the degradation, or if the deep network shows its mark.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from resnet_core.labs.events import Value, Verdict
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
class ShortRun:
    """A short run's result.

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


def first_over_last(norms: Sequence[float]) -> float:
    """The ratio of gradient norms; 0 where the last layer has none."""
    return float(norms[0] / norms[-1]) if norms[-1] > 0 else 0.0


def verdicts(
    runs: Mapping[str, ShortRun], evidence: Evidence, iterations: int
) -> Iterator[Verdict]:
    """One a hypothesis; or one alone, where the deep network is not the worse one.

    Args:
        runs: by role.
        iterations: of the shorter runs.
    """
    deep, shallow = runs["deep"].errors, runs["shallow"].errors
    depth = runs["deep"].depth
    if degrades(deep.train, shallow.train):
        ratios = [runs["deep"].ratio] + ([] if evidence.ratio is None else [evidence.ratio])
        yield gradients(ratios, runs["vanishing"].ratio)
        labels = runs["deep"].label, runs["shallow"].label
        live = Pair(*labels, deep.train, deep.test, shallow.train, shallow.test)
        yield overfitting(evidence.pair or live)
        yield capacity(evidence.graft)
        long = runs["deep_long"].errors.train, runs["shallow_long"].errors.train
        yield steps(deep.train, shallow.train, *long, iterations)
        starts = {name: runs[name].errors.train for name in ("xavier", "small_normal")}
        yield start(deep.train, shallow.train, starts)
    else:
        values = {"depth": depth, "deep": deep.train, "shallow": shallow.train}
        yield Verdict("no_degradation", values)
    diverged = [f"{run.label} ({run.role})" for run in runs.values() if run.errors.diverged]
    if diverged:
        error = next(run.errors.train for run in runs.values() if run.errors.diverged)
        yield Verdict("diverged", {"runs": ", ".join(diverged), "error": error})


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
    values: dict[str, Value] = {
        "long": 3 * iterations,
        "short": iterations,
        "deep": deep,
        "shallow": shallow,
        "deep_long": deep_long,
        "shallow_long": shallow_long,
    }
    return Verdict(f"steps_{remedy(deep, shallow, deep_long)}", values)


def start(deep: float, shallow: float, others: dict[str, float]) -> Verdict:
    """Rule on initialisation: the best of the other ones as a remedy."""
    best = min(others, key=lambda name: others[name])
    values: dict[str, Value] = {
        "best": best,
        "other": others[best],
        "deep": deep,
        "shallow": shallow,
    }
    return Verdict(f"start_{remedy(deep, shallow, others[best])}", values)


def remedy(deep: float, shallow: float, treated: float) -> Ruling:
    """Rule on a hypothesis by an attempt to remove its cause.

    Args:
        deep, shallow, treated: training errors; `treated` is the deep network's without the
            alleged cause.
    """
    if not degrades(treated, shallow):
        return "convicted"
    return "acquitted" if treated - shallow > HALF * (deep - shallow) else "not_proven"
