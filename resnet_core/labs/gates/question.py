"""A highway network's gates, compared with identity shortcuts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.question import LabSettings, Question, family
from resnet_core.labs.tools.columns import RUN


class Settings(LabSettings):
    """The highway network that the laboratory trains."""

    gate_bias: float = Field(-2.0, ge=-8.0, le=4.0)
    iterations: int = Field(400, ge=10, le=3000)
    depth: Literal[8, 14, 20, 32] = 20
    images: int = Field(200, ge=10, le=1000)


def accepts(experiment: Experiment) -> str:
    """Refuse networks without gates."""
    return "" if family(experiment) == "highway" else "labs.no_gates"


QUESTION = Question(
    name="gates",
    settings=Settings,
    tables={
        "gates": (
            *RUN,
            *("iteration", "place", "block", "transform", "carry", "low", "high", "closed"),
        )
    },
    runs=("one-minute-highway-20-seed-0",),
    most_runs=3,
    accepts=accepts,
    imported="labs.gates_imported",
    code=(
        ("resnet_core/networks/blocks.py", "HighwayBlock"),
        ("resnet_core/labs/gates/run.py", "gates"),
    ),
)
