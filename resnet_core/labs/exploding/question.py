"""Growth of the back-propagated signal in networks that are not trained yet."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from resnet_core.labs.catalog import Beside, LabSettings, Question, SixNPlusTwo
from resnet_core.labs.data import PHOTOGRAPHS, Data


class Settings(LabSettings):
    """The untrained networks, and the images that go through them."""

    deepest: Annotated[int, Field(ge=20, le=110), SixNPlusTwo] = 110
    slope: float = Field(0.7, ge=0, le=1)
    noise: float = Field(0.3, ge=0, le=1)
    data: Data = PHOTOGRAPHS
    seeds: int = Field(5, ge=1, le=20)
    width: int = Field(8, ge=4, le=32)
    images: int = Field(64, ge=8, le=256)


NETWORK = ("kind", "depth")

QUESTION = Question(
    name="exploding",
    settings=Settings,
    tables={
        "signals": (*NETWORK, "layer", "place", "signal", "alike"),
        "growth": (*NETWORK, "seed", "ratio", "a_layer", "alike"),
    },
    beside=Beside(settings={"data": "shapes"}),
    code=(
        ("resnet_core/labs/tools/chain.py", "backward_norms"),
        ("resnet_core/labs/exploding/run.py", "measured"),
        ("resnet_core/labs/exploding/verdicts.py", "predicted"),
    ),
)
