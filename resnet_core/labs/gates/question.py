"""A highway network's gates, compared with identity shortcuts."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from resnet_core.labs.catalog import Beside, LabSettings, Question, refusing
from resnet_core.labs.events import RUN, columns
from resnet_core.labs.gates.verdicts import Gate


class Settings(LabSettings):
    """The highway network that the laboratory trains."""

    gate_bias: float = Field(-2.0, ge=-8.0, le=4.0)
    iterations: int = Field(400, ge=10, le=3000)
    depth: Literal[8, 14, 20, 32] = 20
    images: int = Field(200, ge=10, le=1000)
    data: Literal["photographs", "shapes"] = "photographs"


QUESTION = Question(
    name="gates",
    settings=Settings,
    tables={"gates": (*RUN, "iteration", "place", *columns(Gate), "carry")},
    runs=("photographs-highway-20-seed-0",),
    beside=Beside(("one-minute-highway-20-seed-0",), {"data": "shapes"}),
    most_runs=3,
    version=2,
    accepts=refusing(**dict.fromkeys(("plain", "resnet", "preresnet"), "labs.no_gates")),
    imported="labs.gates_imported",
    code=(
        ("resnet_core/networks/blocks.py", "HighwayBlock"),
        ("resnet_core/labs/gates/run.py", "gates"),
    ),
)
