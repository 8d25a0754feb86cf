"""Maps compared with the masks of the shapes: every method, over many images."""

from __future__ import annotations

from pydantic import Field

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.attribution.question import METHODS, Method
from resnet_core.labs.catalog import LabSettings, Question
from resnet_core.labs.events import RUN


class Settings(LabSettings):
    """The number of images, and the methods."""

    images: int = Field(60, ge=10, le=1000)
    methods: tuple[Method, ...] = Field(
        ("saliency", "grad_cam", "occlusion", "smooth_grad", "deep_lift", "integrated_gradients"),
        min_length=1,
        max_length=len(METHODS),
    )
    stage: int = Field(0, ge=0, le=5)
    steps: int = Field(64, ge=8, le=1024)


def accepts(experiment: Experiment) -> str:
    """Refuse networks whose images have no masks."""
    return "" if experiment.data == "shapes" else "labs.no_masks"


QUESTION = Question(
    name="masks",
    settings=Settings,
    tables={
        "scores": (
            *RUN,
            *("method", "images", "inside", "inside_error"),
            *("pointing", "pointing_error", "area"),
        ),
        "left_out": (*RUN, "method", "reason"),
    },
    runs=("one-minute-plain-20-seed-0", "one-minute-resnet-20-seed-0"),
    most_runs=4,
    version=2,
    accepts=accepts,
    code=(
        ("resnet_core/attribution/scores.py", "share_inside"),
        ("resnet_core/attribution/scores.py", "points_inside"),
        ("resnet_core/labs/masks/run.py", "scored"),
    ),
)
