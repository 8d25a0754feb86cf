"""The change of maps when the network's weights are made random."""

from __future__ import annotations

from pydantic import Field

from resnet_core.labs.attribution.question import FIRST_PICTURE, METHODS, Method, PictureName
from resnet_core.labs.catalog import Beside, LabSettings, Question
from resnet_core.labs.events import COLUMNS, RUN


class Settings(LabSettings):
    """The methods, and the pictures on which they are tried."""

    methods: tuple[Method, ...] = Field(
        ("integrated_gradients", "saliency", "grad_cam"), min_length=1, max_length=len(METHODS)
    )
    picture: PictureName = FIRST_PICTURE
    images: int = Field(8, ge=1, le=100)
    steps: int = Field(32, ge=8, le=256)


QUESTION = Question(
    name="randomised",
    settings=Settings,
    tables={
        "correlations": (*RUN, "method", "step", "layer", "correlation", "error", "images"),
        "maps": (*RUN, "method", "step", "layer", "signed", *COLUMNS, "largest"),
        "left_out": (*RUN, "method", "reason"),
    },
    runs=("paper-8000-plain-20-seed-0", "paper-8000-resnet-20-seed-0"),
    beside=Beside(("one-minute-plain-20-seed-0", "one-minute-resnet-20-seed-0")),
    most_runs=2,
    version=2,
    code=(
        ("resnet_core/attribution/randomisation.py", "cascade"),
        ("resnet_core/attribution/scores.py", "rank_correlation"),
    ),
)
