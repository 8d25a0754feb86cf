"""The difficulty of F(x) = 0 compared with that of H(x) = x. (Section 3.1.)"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from resnet_core.labs.catalog import LabSettings, Question

Target = Literal["identity", "near_identity", "contraction", "zero", "negative", "random"]


class Settings(LabSettings):
    """The target function, and the stack that learns it."""

    target: Target = "identity"
    layers: int = Field(2, ge=1, le=3)
    depth: int = Field(10, ge=1, le=20)
    activation: Literal["linear", "relu"] = "relu"
    steps: int = Field(200, ge=10, le=2000)
    width: int = Field(16, ge=2, le=64)
    examples: int = Field(64, ge=8, le=1024)
    seeds: int = Field(3, ge=1, le=9)


QUESTION = Question(
    name="microscope",
    settings=Settings,
    tables={
        "race": ("form", "gain", "rate", "step", "loss", "low", "high"),
        "depths": ("depth", "form", "gain", "rate", "loss", "low", "high"),
        "norms": ("form", "moment", "block", "branch", "mapping"),
    },
    code=(
        ("resnet_core/labs/microscope/run.py", "Stack"),
        ("resnet_core/labs/microscope/run.py", "relative_loss"),
        ("resnet_core/labs/microscope/run.py", "race"),
    ),
    version=2,  # 2: the control that starts at the identity, at every depth
)
