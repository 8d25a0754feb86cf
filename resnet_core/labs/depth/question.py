"""Training and test error as depth grows, on few images."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from resnet_core.labs.catalog import Beside, LabSettings, Question
from resnet_core.labs.data import PHOTOGRAPHS, Data

DEPTHS = (8, 14, 20, 32, 44, 56, 110)  # weighted layers


class Settings(LabSettings):
    """The short runs, one a depth, all on the same few images."""

    train_images: int = Field(320, ge=64, le=5120)
    deepest: int = Field(44, ge=14, le=110)
    family: Literal["resnet", "plain"] = "resnet"
    data: Data = PHOTOGRAPHS
    seeds: int = Field(2, ge=2, le=9)
    iterations: int = Field(360, ge=30, le=4000)
    learning_rate: float = Field(0.03, gt=0, le=1)
    images: int = Field(1000, ge=50, le=10_000)


RUN = ("source", "label", "family", "depth", "seed")

QUESTION = Question(
    name="depth",
    settings=Settings,
    tables={
        "curves": ("depth", "seed", "iteration", "error", "test"),
        "errors": (*RUN, "train", "test", "diverged"),
    },
    runs=(
        "photographs-plain-20-seed-0",
        "photographs-plain-44-seed-0",
        "photographs-resnet-20-seed-0",
        "photographs-resnet-44-seed-0",
    ),
    beside=Beside(
        (
            "one-minute-plain-20-seed-0",
            "one-minute-plain-56-seed-0",
            "one-minute-resnet-20-seed-0",
            "one-minute-resnet-56-seed-0",
        ),
        {"data": "shapes"},
    ),
    most_runs=6,
    code=(
        ("resnet_core/labs/depth/run.py", "experiment"),
        ("resnet_core/labs/depth/verdicts.py", "ruling"),
    ),
    version=3,  # 3: several seeds and intervals; 2: a run that diverged has the error of guessing
)
