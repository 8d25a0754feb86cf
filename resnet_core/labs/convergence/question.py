"""Steps of gradient descent that a chain of L numbers needs. (Section 4.1, last paragraph.)"""

from __future__ import annotations

from pydantic import Field

from resnet_core.labs.catalog import LabSettings, Question


class Settings(LabSettings):
    """The chains, and how they are trained."""

    deepest: int = Field(15, ge=3, le=20)
    small: float = Field(0.1, gt=0, le=1)
    decay: float = Field(0.0, ge=0, le=0.1)
    steps: int = Field(10_000, ge=100, le=50_000)
    seeds: int = Field(12, ge=3, le=50)


CHAIN = ("form", "depth", "rate")

QUESTION = Question(
    name="convergence",
    settings=Settings,
    tables={
        "steps": (*CHAIN, "median", "low", "high", "reached", "seeds"),
        "paths": ("form", "rate", "step", "first", "second"),
    },
    code=(
        ("resnet_core/labs/convergence/run.py", "gradient"),
        ("resnet_core/labs/convergence/run.py", "steps_needed"),
    ),
)
