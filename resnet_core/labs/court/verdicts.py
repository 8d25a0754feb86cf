"""Convicted, acquitted or not proven: what would prove each claim, in numbers. Arithmetic only.

Errors are in percent, gaps in points of training error. A claim is convicted if taking its cause
away takes the degradation away, or if its mark is seen on the deep network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from resnet_core.labs.events import Value, Verdict

Ruling = Literal["convicted", "acquitted", "not_proven"]

MARGIN = 5.0  # points; below this two errors are called the same
HALF = 0.5  # of the gap: a remedy that leaves more of it is none
GONE = 1e-3  # first layer's gradient over the last one's: below, it has vanished
HEALTHY = 1e-2  # and above, it has not


@dataclass(frozen=True)
class Pair:
    """A shallow and a deep plain network, trained alike."""

    deep: str  # what it is called
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


def degrades(deep: float, shallow: float) -> bool:
    """Whether there is anything to explain."""
    return deep - shallow > MARGIN


def gradients(ratios: Sequence[float], reference: float) -> Verdict:
    """Does the deep network bear the mark of vanishing gradients?

    Args:
        ratios: first over last layer's gradient norm, of each deep network that degrades.
        reference: of the network that is to vanish; where it does not, the test tests nothing.
    """
    worst = min(ratios)
    ruling: Ruling = "not_proven"
    if worst < GONE:
        ruling = "convicted"
    elif worst >= HEALTHY and reference < GONE:
        ruling = "acquitted"
    return Verdict(f"gradients_{ruling}", {"ratio": worst, "reference": reference})


def overfitting(pair: Pair) -> Verdict:
    """Is the deep network worse on test images only?"""
    ruling: Ruling = "not_proven"
    if degrades(pair.deep_train, pair.shallow_train):
        ruling = "acquitted"
    elif pair.deep_test - pair.shallow_test > MARGIN:
        ruling = "convicted"
    values: dict[str, Value] = {
        "deep": pair.deep,
        "shallow": pair.shallow,
        "deep_train": pair.deep_train,
        "deep_test": pair.deep_test,
        "shallow_train": pair.shallow_train,
        "shallow_test": pair.shallow_test,
    }
    return Verdict(f"overfitting_{ruling}", values)


def capacity(graft: Graft | None) -> Verdict:
    """Is there a deep network at all that does as well as the shallow one?"""
    if graft is None:
        return Verdict("capacity_not_proven", {})
    ruling = "convicted" if degrades(graft.grafted, graft.shallow) else "acquitted"
    values: dict[str, Value] = {
        "label": graft.label,
        "depth": graft.depth,
        "grafted": graft.grafted,
        "shallow": graft.shallow,
        "deep": graft.deep,
        "trained": graft.trained,
    }
    return Verdict(f"capacity_{ruling}", values)


def steps(
    deep: float, shallow: float, deep_long: float, shallow_long: float, iterations: int
) -> Verdict:
    """Do three times the steps bring the deep network to where the shallow one was?"""
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
    """Does any other initialisation bring the deep network to the shallow one's error?"""
    best = min(others, key=lambda name: others[name])
    values: dict[str, Value] = {
        "best": best,
        "other": others[best],
        "deep": deep,
        "shallow": shallow,
    }
    return Verdict(f"start_{remedy(deep, shallow, others[best])}", values)


def remedy(deep: float, shallow: float, treated: float) -> Ruling:
    """What an attempt to take the cause away says of the claim.

    Args:
        deep, shallow, treated: training errors; `treated` is the deep network's with the
            alleged cause taken away.
    """
    if not degrades(treated, shallow):
        return "convicted"
    return "acquitted" if treated - shallow > HALF * (deep - shallow) else "not_proven"
