"""Norm of the gradient before each block, compared with the one behind it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from resnet_core.labs.backward.verdicts import Addition
from resnet_core.labs.catalog import Beside, LabSettings, Question
from resnet_core.labs.events import RUN, columns
from resnet_core.labs.forward.question import accepts


class Settings(LabSettings):
    """The weights, and the number of images."""

    state: Literal["trained", "initial"] = "trained"
    images: int = Field(64, ge=2, le=1000)


QUESTION = Question(
    name="backward",
    settings=Settings,
    tables={"additions": (*RUN, "place", *columns(Addition))},
    runs=("paper-8000-resnet-56-seed-0", "paper-8000-plain-56-seed-0"),
    beside=Beside(("one-minute-resnet-20-seed-0", "one-minute-plain-20-seed-0")),
    most_runs=3,
    version=2,
    accepts=accepts,
    code=(
        ("resnet_core/labs/backward/run.py", "split"),
        ("resnet_core/labs/tools/chain.py", "transposed"),
    ),
)
