"""The number of blocks through which the gradient effectively passes."""

from __future__ import annotations

from pydantic import Field

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.question import LabSettings, Question, family, not_cifar
from resnet_core.labs.tools.columns import RUN


class Settings(LabSettings):
    """The number of paths and images that are measured."""

    samples: int = Field(48, ge=2, le=400)
    images: int = Field(32, ge=2, le=256)


def accepts(experiment: Experiment) -> str:
    """Refuse networks that are no sum over paths: a path is a product of branches and shortcuts."""
    if family(experiment) == "plain":
        return "labs.one_path"
    if family(experiment) == "highway":
        return "labs.gated_paths"
    return not_cifar(experiment)


QUESTION = Question(
    name="paths",
    settings=Settings,
    tables={
        "lengths": (
            *RUN,
            *("blocks", "length", "paths", "sampled", "gradient", "uncertainty", "carried"),
        )
    },
    runs=("one-minute-resnet-20-seed-0", "one-minute-resnet-56-seed-0"),
    most_runs=4,
    accepts=accepts,
    code=(
        ("resnet_core/labs/paths/run.py", "path_gradients"),
        ("resnet_core/labs/paths/run.py", "drawn"),
        ("resnet_core/labs/paths/verdicts.py", "effective"),
    ),
)
