"""Similarity of gradients at neighbouring inputs after many layers. (Balduzzi et al. 2017)"""

from __future__ import annotations

from pydantic import Field

from resnet_core.labs.catalog import LabSettings, Question


class Settings(LabSettings):
    """The untrained networks, and the line of inputs."""

    depth: int = Field(50, ge=2, le=200)
    batch_norm: bool = True
    seeds: int = Field(5, ge=1, le=50)
    width: int = Field(200, ge=8, le=1000)
    points: int = Field(256, ge=128, le=2048)


QUESTION = Question(
    name="shattered",
    settings=Settings,
    tables={
        "gradients": ("series", "place", "gradient"),
        "autocorrelation": ("series", "seed", "lag", "correlation"),
        "depths": ("form", "batch_norm", "depth", "seed", "correlation"),
    },
    code=(
        ("resnet_core/labs/shattered/run.py", "layer"),
        ("resnet_core/labs/shattered/run.py", "gradients_along"),
        ("resnet_core/labs/shattered/run.py", "autocorrelation"),
    ),
    version=2,  # 2: with and without BN, and overflow
)
