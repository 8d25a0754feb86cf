"""What does a highway's gate do that an identity shortcut does not?"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs import question as laboratory
from resnet_core.labs.families import family
from resnet_core.labs.question import Question
from resnet_core.labs.tools.columns import RUN


class Settings(laboratory.Settings):
    """The highway network that is trained on the spot."""

    gate_bias: float = Field(
        -2.0,
        ge=-8.0,
        le=4.0,
        description="Where every gate's bias starts: at -2 a shortcut lets 88 % of x through, at "
        "0 half of it, at 4 next to nothing.",
    )
    iterations: int = Field(
        400, ge=10, le=3000, description="Updates of the network that is trained on the spot."
    )
    depth: Literal[8, 14, 20, 32] = Field(20, description="Its weighted layers.")
    images: int = Field(
        200, ge=10, le=1000, description="Test images on which the gates are measured."
    )


def accepts(experiment: Experiment) -> str:
    """Only highways have gates."""
    if family(experiment) != "highway":
        return "only highway networks have gates; choose one of them."
    return ""


QUESTION = Question(
    name="gates",
    settings=Settings,
    findings={
        "closed": "After {iterations} iterations the shortcut of {block} in {label} lets "
        "{carry:.0f} % of x through, {start:.0f} % at first: it is as good as closed. An identity "
        "shortcut always lets all of x through.",
        "narrowed": "After {iterations} iterations the shortcut of {block} in {label} lets "
        "{carry:.0f} % of x through, {start:.0f} % at first: it has narrowed most, but not closed; "
        "of its single gates {closed:.0f} % have. An identity shortcut always lets all of x "
        "through.",
        "open": "After {iterations} iterations no shortcut in {label} has narrowed by as much as "
        "five points: the least lets {carry:.0f} % of x through, in {block}, {start:.0f} % at "
        "first. Here the gates do not do what an identity could not.",
        "diverged": "The training of {label} broke down after {iterations} iterations: its loss is "
        "no longer a number. Its gates say nothing; start their bias lower.",
    },
    tables={
        "gates": (
            *RUN,
            "iteration",
            "place",
            "block",
            "transform",
            "carry",
            "low",
            "high",
            "closed",
        )
    },
    runs=("one-minute-highway-20-seed-0",),
    most_runs=3,
    accepts=accepts,
    of_imported="its file does not say after how many iterations its gates are so; choose a "
    "highway that was trained here.",
    code=(
        ("resnet_core/networks/blocks.py", "HighwayBlock"),
        ("resnet_core/labs/gates/run.py", "gates"),
    ),
)
