"""The number of blocks through which the gradient effectively passes."""

from __future__ import annotations

from pydantic import Field

from resnet_core.labs.catalog import Beside, LabSettings, Question, refusing
from resnet_core.labs.events import RUN, columns
from resnet_core.labs.paths.verdicts import Length


class Settings(LabSettings):
    """The number of paths and images that are measured."""

    samples: int = Field(12, ge=2, le=400)
    images: int = Field(8, ge=2, le=256)


QUESTION = Question(
    name="paths",
    settings=Settings,
    tables={"lengths": (*RUN, "blocks", *columns(Length), "carried")},
    runs=("paper-8000-resnet-20-seed-0", "paper-8000-resnet-56-seed-0"),
    beside=Beside(
        ("one-minute-resnet-20-seed-0", "one-minute-resnet-56-seed-0"),
        {"samples": 48, "images": 32},
    ),
    most_runs=4,
    version=2,
    # A path is a product of branches and shortcuts, and the gradient the sum over all of them.
    accepts=refusing(plain="labs.one_path", highway="labs.gated_paths"),
    code=(
        ("resnet_core/labs/paths/run.py", "path_gradients"),
        ("resnet_core/labs/paths/run.py", "drawn"),
        ("resnet_core/labs/paths/verdicts.py", "effective"),
    ),
)
