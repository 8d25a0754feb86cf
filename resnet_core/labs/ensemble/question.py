"""Averages of trained networks, compared with one residual network as an ensemble."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.catalog import Beside, LabSettings, Question, different_data, not_cifar


class Settings(LabSettings):
    """The number of blocks dropped, of draws, and of images."""

    most_dropped: int = Field(3, ge=1, le=9)
    draws: int = Field(8, ge=2, le=64)
    images: int = Field(1000, ge=50, le=10_000)


def combines(experiments: Sequence[Experiment]) -> str:
    """Accept two or more networks that were trained on the same images."""
    return "labs.needs_two" if len(experiments) < 2 else different_data(experiments)


QUESTION = Question(
    name="ensemble",
    settings=Settings,
    tables={
        "members": ("run", "label", "family", "depth", "error"),
        "joined": ("members", "error", "alone"),
        "subsets": ("members", "mean", "low", "high"),
        "pairs": ("first", "second", "disagreement", "both_wrong", "independent"),
        "dropped": ("label", "dropped", "draw", "blocks", "error"),
        "thinned": ("label", "dropped", "alone", "average"),
    },
    runs=tuple(f"photographs-resnet-20-seed-{seed}" for seed in range(6)),
    beside=Beside(tuple(f"one-minute-resnet-20-seed-{seed}" for seed in range(6))),
    most_runs=6,
    version=2,
    accepts=not_cifar,
    combines=combines,
    code=(
        ("resnet_core/labs/ensemble/run.py", "probabilities"),
        ("resnet_core/labs/ensemble/run.py", "averaged"),
        ("resnet_core/labs/ensemble/run.py", "wrong"),
        ("resnet_core/labs/ensemble/run.py", "both_wrong"),
    ),
)
