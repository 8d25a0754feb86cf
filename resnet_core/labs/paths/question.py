"""The number of blocks through which the gradient effectively passes."""

from __future__ import annotations

from pydantic import Field

from resnet_core.labs.catalog import LabSettings, Question, refusing
from resnet_core.labs.events import RUN, columns
from resnet_core.labs.paths.verdicts import Length


class Settings(LabSettings):
    """The number of paths and images that are measured."""

    samples: int = Field(48, ge=2, le=400)
    images: int = Field(32, ge=2, le=256)


QUESTION = Question(
    name="paths",
    settings=Settings,
    tables={"lengths": (*RUN, "blocks", *columns(Length), "carried")},
    runs=("one-minute-resnet-20-seed-0", "one-minute-resnet-56-seed-0"),
    most_runs=4,
    # A path is a product of branches and shortcuts, and the gradient the sum over all of them.
    accepts=refusing(plain="labs.one_path", highway="labs.gated_paths"),
    code=(
        ("resnet_core/labs/paths/run.py", "path_gradients"),
        ("resnet_core/labs/paths/run.py", "drawn"),
        ("resnet_core/labs/paths/verdicts.py", "effective"),
    ),
)
