"""Deeper networks constructed from a shallower one by added identity layers. (Section 1.)"""

from __future__ import annotations

from pydantic import Field

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.catalog import Beside, LabSettings, Question, family, not_cifar


class Settings(LabSettings):
    """The depth of the grafted network; rate and length of every training."""

    factor: int = Field(2, ge=2, le=4)
    updates: int = Field(400, ge=5, le=5000)
    learning_rate: float = Field(0.05, gt=0, le=10)
    seeds: int = Field(2, ge=2, le=9)
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
        "curves": ("start", "noise", "family", "seed", "depth", "iteration", "error", "loss"),
        "ends": ("start", "noise", "family", "seed", "before", "after", "updates", "diverged"),
    },
    runs=("photographs-plain-20-seed-0",),
    beside=Beside(("one-minute-plain-20-seed-0",)),
    most_runs=1,
    accepts=accepts,
    imported="labs.graft_imported",
    code=(
        ("resnet_core/labs/tools/derived_networks.py", "grafted"),
        ("resnet_core/labs/tools/derived_networks.py", "make_identity"),
        ("resnet_core/labs/tools/derived_networks.py", "make_identity_bn"),
        ("resnet_core/labs/graft/verdicts.py", "start_verdict"),
    ),
    version=2,  # 2: one rate and one number of updates for all starts, several seeds, a control
)
