"""Deep plain networks without any shortcut, from several starts, beside a residual one."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from resnet_core.labs.catalog import Beside, LabSettings, Question, SixNPlusTwo
from resnet_core.labs.data import PHOTOGRAPHS, Data


class Settings(LabSettings):
    """The short runs, their starts, and what is measured before them."""

    depth: Annotated[int, Field(ge=14, le=110), SixNPlusTwo] = 44
    noise: float = Field(0.3, ge=0, le=1)
    slope: float = Field(0.7, gt=0, le=1)
    data: Data = PHOTOGRAPHS
    iterations: int = Field(300, ge=30, le=2000)
    learning_rate: float = Field(0.1, gt=0, le=1)
    seeds: int = Field(2, ge=2, le=9)
    train_images: int = Field(320, ge=64, le=5120)


QUESTION = Question(
    name="start",
    settings=Settings,
    tables={
        "curves": ("role", "seed", "depth", "iteration", "error"),
        "singular": ("role", "rank", "share", "value"),
        "responses": ("role", "layer", "place", "std"),
        "errors": ("role", "seed", "train", "test", "diverged"),
    },
    beside=Beside(settings={"data": "shapes"}),
    code=(
        ("resnet_core/labs/tools/starts.py", "near_identity"),
        ("resnet_core/labs/tools/starts.py", "folded"),
        ("resnet_core/labs/start/run.py", "jacobian"),
    ),
)
