"""Activations of a picture in every layer, and the terms of the addition at every block."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from resnet_core.labs.attribution.question import FIRST_PICTURE, PictureName
from resnet_core.labs.catalog import Beside, LabSettings, Question
from resnet_core.labs.events import COLUMNS, RUN

LayerName = Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_]*(\.[a-z0-9_]+)*)?$")]


class Settings(LabSettings):
    """The picture, and a layer to look at beside the additions."""

    picture: PictureName = FIRST_PICTURE
    layer: LayerName = Field("", max_length=80)
    channels: int = Field(8, ge=1, le=64)


_MAPS = (*COLUMNS, "channels", "low", "high", "std")

QUESTION = Question(
    name="activations",
    settings=Settings,
    tables={
        "additions": (*RUN, "block", "place", "part", *_MAPS),
        "layers": (*RUN, "layer", "place", "channels", "height", "width"),
        "maps": (*RUN, "layer", *_MAPS),
    },
    runs=("paper-8000-plain-20-seed-0", "paper-8000-resnet-20-seed-0"),
    beside=Beside(("one-minute-plain-20-seed-0", "one-minute-resnet-20-seed-0"), {"channels": 16}),
    most_runs=2,
    version=2,
    code=(
        ("resnet_core/attribution/activations.py", "addition"),
        ("resnet_core/attribution/activations.py", "outputs"),
    ),
)
