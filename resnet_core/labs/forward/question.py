"""The addition of x at every block, and the growth of the values with depth."""

from __future__ import annotations

from pydantic import Field

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs.question import LabSettings, Question, family, not_cifar
from resnet_core.labs.tools.columns import RUN


class Settings(LabSettings):
    """The number of images that are followed."""

    images: int = Field(128, ge=2, le=1000)


def accepts(experiment: Experiment) -> str:
    """Refuse networks whose gates weigh what is added."""
    return "labs.gates_weigh" if family(experiment) == "highway" else not_cifar(experiment)


QUESTION = Question(
    name="forward",
    settings=Settings,
    tables={
        "ledger": (
            *RUN,
            *("state", "batch_norm", "place", "block", "changes_size"),
            *("stream", "branch", "total", "difference"),
        )
    },
    runs=(
        "one-minute-resnet-56-seed-0",
        "one-minute-preresnet-56-seed-0",
        "one-minute-without-bn-resnet-20-seed-0",
    ),
    most_runs=4,
    accepts=accepts,
    code=(
        ("resnet_core/labs/forward/run.py", "ledger"),
        ("resnet_core/labs/tools/derived_networks.py", "set_batch_statistics"),
    ),
)
