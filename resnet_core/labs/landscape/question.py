"""What does the loss look like round a trained network? (Li et al. 2018)"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from resnet_core.labs import question as laboratory
from resnet_core.labs.question import Question


class Settings(laboratory.Settings):
    """How far and how finely one looks, and on how many images."""

    resolution: Literal[5, 21, 41] = Field(
        41, description="Points a side of the surface, at the end; it begins with 5."
    )
    reach: float = Field(
        1.0, gt=0, le=10, description="How far to go, times each filter's length, either way."
    )
    images: int = Field(
        60, ge=10, le=10_000, description="Training images over which the loss is the mean."
    )


QUESTION = Question(
    name="landscape",
    settings=Settings,
    findings={
        "one": "{label}: at the centre the loss is {loss:.2f} ± {uncertainty:.2f} nats "
        "({images} images), its own. The surface is curved like a bowl over {convex:.0f} % of the "
        "plane, stays below the {guessing:.2f} nats of guessing over {basin:.0f} %, and has "
        "{minima} local minima.",
        "hardly_learned": "{label} has hardly learned: its loss of {loss:.2f} nats is near the "
        "{guessing:.2f} of guessing. Its surface is that of a place where it got stuck, not of a "
        "minimum; compare it with that in mind.",
        "residual_smoother": "The residual network's surface is the smoother one: like a bowl over "
        "{residual:.0f} % of the plane, and {plain:.0f} % in the plain network.",
        "plain_smoother": "Here the plain network's surface is the smoother one: like a bowl over "
        "{plain:.0f} % of the plane, and {residual:.0f} % in the residual network.",
        "alike": "The two surfaces are about as smooth as each other: like a bowl over {plain:.0f} "
        "% of the plane in the plain network, {residual:.0f} % in the residual one.",
    },
    tables={
        "networks": (
            *("subject", "label", "family", "depth"),
            *("loss", "uncertainty", "error", "images", "guessing"),
        ),
        "lines": ("subject", "direction", "place", "loss", "low", "high", "error"),
        "surface": ("subject", "level", "x", "y", "loss", "error"),
    },
    runs=("one-minute-plain-56-seed-0", "one-minute-resnet-56-seed-0"),
    most_runs=4,
    code=(
        ("resnet_core/labs/tools/directions.py", "filter_normalised"),
        ("resnet_core/labs/landscape/run.py", "Plane"),
        ("resnet_core/labs/landscape/run.py", "levels"),
    ),
)
