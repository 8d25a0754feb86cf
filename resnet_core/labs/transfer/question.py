"""Masks and boxes from trained networks, compared with their classification errors."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from resnet_core.labs.catalog import Distinct, LabSettings, Question, not_cifar
from resnet_core.labs.events import COLUMNS, RUN

Task = Literal["segmentation", "box"]
How = Literal["frozen", "tuned", "scratch"]


class Settings(LabSettings):
    """The head's task, and the training of its backbone."""

    task: Task = "segmentation"
    backbones: Annotated[tuple[How, ...], Field(min_length=1, max_length=3), Distinct] = (
        "frozen",
        "tuned",
    )
    updates: int = Field(100, ge=10, le=2000)
    images: int = Field(384, ge=32, le=4096)


QUESTION = Question(
    name="transfer",
    settings=Settings,
    tables={
        "scenes": ("scene", *COLUMNS, "truth_shape", "truth_kind", "truth_data", "box"),
        "curves": (*RUN, "how", "update", "loss", "score", "error"),
        "predictions": (*RUN, "how", "update", "scene", *COLUMNS, "box"),
        "final": (*RUN, "how", "score", "low", "high", "error", "classification"),
    },
    # Three seeds of each: a backbone's seed moves the score by as much as the shortcuts do.
    runs=tuple(f"one-minute-{name}-20-seed-{n}" for name in ("plain", "resnet") for n in range(3)),
    most_runs=8,
    version=2,
    accepts=not_cifar,
    code=(
        ("resnet_core/labs/transfer/learners.py", "MaskHead"),
        ("resnet_core/labs/transfer/learners.py", "BoxHead"),
        ("resnet_core/labs/transfer/learners.py", "StageSum"),
        ("resnet_core/labs/transfer/scenes.py", "score_masks"),
        ("resnet_core/labs/transfer/scenes.py", "score_boxes"),
    ),
)
