"""Explanations of degradation other than vanishing gradients: five hypotheses, a run for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.catalog import Beside, LabSettings, Question, SixNPlusTwo, different_data
from resnet_core.labs.data import PHOTOGRAPHS, Data

SHALLOW = 8  # weighted layers of the short runs' shallow network


class Settings(LabSettings):
    """The short runs, and the images on which trained networks are measured."""

    depth: Annotated[int, Field(ge=14, le=56), SixNPlusTwo] = 32
    iterations: int = Field(200, ge=30, le=2000)
    data: Data = PHOTOGRAPHS
    learning_rate: float = Field(0.03, gt=0, le=1)
    seeds: int = Field(2, ge=2, le=9)
    train_images: int = Field(640, ge=64, le=5120)
    images: int = Field(1000, ge=50, le=10_000)


def accepts(experiment: Experiment) -> str:
    """Refuse networks with shortcuts: the degradation is that of plain networks."""
    return "" if experiment.network.startswith("cifar/plain-") else "labs.has_shortcuts"


def combines(experiments: Sequence[Experiment]) -> str:
    """Accept a shallow and a deep network that were trained on the same images."""
    depths = {experiment.network_spec().depth for experiment in experiments}
    if len(experiments) == 1:
        return "labs.needs_shallow_and_deep"
    return "labs.same_depth" if len(depths) == 1 else different_data(experiments)


RUN = ("source", "role", "label", "family", "depth")

QUESTION = Question(
    name="court",
    settings=Settings,
    tables={
        "curves": ("role", "seed", "depth", "iteration", "error", "first", "last"),
        "gradients": (*RUN, "seed", "kind", "moment", "layer", "place", "norm", "least", "most"),
        "errors": (*RUN, "seed", "iterations", "train", "test", "diverged"),
    },
    runs=("photographs-plain-20-seed-0", "photographs-plain-44-seed-0"),
    beside=Beside(("one-minute-plain-20-seed-0", "one-minute-plain-56-seed-0"), {"data": "shapes"}),
    most_runs=2,
    accepts=accepts,
    combines=combines,
    imported="labs.court_imported",
    code=(
        ("resnet_core/labs/court/run.py", "experiments"),
        ("resnet_core/labs/tools/chain.py", "backward_norms"),
        ("resnet_core/labs/court/verdicts.py", "vanishing"),
        ("resnet_core/labs/court/verdicts.py", "exploding"),
        ("resnet_core/labs/court/verdicts.py", "steps"),
    ),
    version=3,  # 3: signals, both bounds, other starts, seeds; 2: guessing where a run diverged
)
