"""Deeper networks constructed from a shallower one by added identity layers. (Section 1.)"""

from __future__ import annotations

from pydantic import Field

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.catalog import LabSettings, Question, family, not_cifar


class Settings(LabSettings):
    """The depth of the grafted network, and the length of the trainings."""

    factor: int = Field(3, ge=2, le=4)
    updates: int = Field(60, ge=5, le=5000)
    learning_rate: float = Field(0.001, gt=0, le=10)
    patience: int = Field(4, ge=1, le=50)
    images: int = Field(1000, ge=10, le=50_000)


def accepts(experiment: Experiment) -> str:
    """Refuse networks whose blocks cannot be the identity."""
    if family(experiment) == "highway":
        return "labs.graft_gates"
    if experiment.activation != "relu":
        return "labs.graft_needs_relu"
    if family(experiment) == "plain" and experiment.block == "bottleneck":
        return "labs.graft_bottleneck"
    return not_cifar(experiment)


QUESTION = Question(
    name="graft",
    settings=Settings,
    tables={
        "copies": ("factor", "depth", "mode", "error", "changed", "difference", "images"),
        "curves": ("start", "noise", "iteration", "error", "loss"),
        "ends": ("start", "noise", "before", "after", "updates", "diverged"),
    },
    runs=("one-minute-plain-20-seed-0",),
    most_runs=1,
    accepts=accepts,
    imported="labs.graft_imported",
    code=(
        ("resnet_core/labs/tools/derived_networks.py", "grafted"),
        ("resnet_core/labs/tools/derived_networks.py", "make_identity"),
        ("resnet_core/labs/tools/derived_networks.py", "make_identity_bn"),
    ),
)
