"""Do maps change when the network forgets what it has learned?"""

from __future__ import annotations

from pydantic import Field

from resnet_core.labs import question as laboratory
from resnet_core.labs.attribution.question import METHODS, Method
from resnet_core.labs.question import Question
from resnet_core.labs.tools import picture_names
from resnet_core.labs.tools.columns import RUN
from resnet_core.labs.tools.packed_arrays import COLUMNS
from resnet_core.labs.tools.picture_names import PictureName


class Settings(laboratory.Settings):
    """Which methods are tried, on how many pictures."""

    methods: tuple[Method, ...] = Field(
        ("integrated_gradients", "saliency", "grad_cam"),
        min_length=1,
        max_length=len(METHODS),
        description="The methods that are tried.",
    )
    picture: PictureName = picture_names.field()
    images: int = Field(
        8,
        ge=1,
        le=100,
        description="Pictures over which correlations are averaged: this one and test images.",
    )
    steps: int = Field(32, ge=8, le=256, description="Steps of integrated gradients.")


QUESTION = Question(
    name="randomised",
    settings=Settings,
    findings={
        "depends": "On {label}, {method} passes the check: once all weights are random, its maps "
        "put the pixels in another order (rank correlation {last:.2f} over {images} pictures).",
        "survives": "On {label}, {method} fails the check: with all weights random, its maps still "
        "look much the same (rank correlation {last:.2f} over {images} pictures), so they say "
        "more about the picture than about what was learned.",
        "partly": "On {label}, {method} is in between: with all weights random, its maps keep some "
        "of their order (rank correlation {last:.2f} over {images} pictures).",
        "blank": "On {label}, {method} gives maps of one value, which have no order to compare.",
    },
    tables={
        "correlations": (*RUN, "method", "step", "layer", "correlation", "error", "images"),
        "maps": (*RUN, "method", "step", "layer", "signed", *COLUMNS, "largest"),
        "left_out": (*RUN, "method", "reason"),
    },
    runs=("one-minute-plain-20-seed-0", "one-minute-resnet-20-seed-0"),
    most_runs=2,
    code=(
        ("resnet_core/attribution/randomisation.py", "cascade"),
        ("resnet_core/attribution/scores.py", "rank_correlation"),
    ),
)
