"""What do layers make of a picture, and what meets at every addition?"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from resnet_core.labs import question as laboratory
from resnet_core.labs.question import Question
from resnet_core.labs.tools import picture_names
from resnet_core.labs.tools.columns import RUN
from resnet_core.labs.tools.packed_arrays import COLUMNS
from resnet_core.labs.tools.picture_names import PictureName

LayerName = Annotated[str, StringConstraints(pattern=r"^([a-z][a-z0-9_]*(\.[a-z0-9_]+)*)?$")]


class Settings(laboratory.Settings):
    """The picture, and a layer to look at beside the additions."""

    picture: PictureName = picture_names.field()
    layer: LayerName = Field(
        "",
        max_length=80,
        description="A layer whose maps are wanted as well, such as layer2.0.conv1; empty: none.",
    )
    channels: int = Field(16, ge=1, le=64, description="Maps of each tensor that are kept.")


_MAPS = (*COLUMNS, "channels", "low", "high", "std")

QUESTION = Question(
    name="activations",
    settings=Settings,
    findings={
        "small": "In {label} a branch adds less than what is there already: on this picture F(x) "
        "is {ratio:.2f} times as large as what its shortcut carries, on average over {blocks} "
        "additions (norms). The paper's section 4.2 expects such small responses.",
        "large": "In {label} a branch adds as much as is there already, or more: on this picture "
        "F(x) is {ratio:.2f} times as large as what its shortcut carries, on average over "
        "{blocks} additions (norms).",
        "plain": "{label} adds nothing up: each of its {blocks} blocks makes all maps anew.",
        "none": "{label} has no blocks; its layers can be looked at one by one.",
    },
    tables={
        "additions": (*RUN, "block", "place", "part", *_MAPS),
        "layers": (*RUN, "layer", "place", "channels", "height", "width"),
        "maps": (*RUN, "layer", *_MAPS),
    },
    runs=("one-minute-plain-20-seed-0", "one-minute-resnet-20-seed-0"),
    most_runs=2,
    code=(
        ("resnet_core/attribution/activations.py", "addition"),
        ("resnet_core/attribution/activations.py", "outputs"),
    ),
)
