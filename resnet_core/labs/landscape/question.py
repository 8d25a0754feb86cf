"""The loss around a trained network. (Li et al. 2018)"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from resnet_core.labs.catalog import Beside, LabSettings, Question


class Settings(LabSettings):
    """The size and fineness of the surface, and the number of images."""

    resolution: Literal[5, 21, 41] = 21
    reach: float = Field(1.0, gt=0, le=10)
    images: int = Field(20, ge=10, le=10_000)


QUESTION = Question(
    name="landscape",
    settings=Settings,
    tables={
        "networks": (
            *("subject", "label", "family", "depth"),
            *("loss", "uncertainty", "error", "images", "guessing"),
        ),
        "lines": ("subject", "direction", "place", "loss", "low", "high", "error"),
        "surface": ("subject", "level", "x", "y", "loss", "error"),
    },
    runs=("paper-8000-plain-56-seed-0", "paper-8000-resnet-56-seed-0"),
    beside=Beside(
        ("one-minute-plain-56-seed-0", "one-minute-resnet-56-seed-0"),
        {"resolution": 41, "images": 60},
    ),
    most_runs=4,
    version=2,
    code=(
        ("resnet_core/labs/landscape/run.py", "filter_normalised"),
        ("resnet_core/labs/landscape/run.py", "Plane"),
        ("resnet_core/labs/landscape/run.py", "levels"),
    ),
)
