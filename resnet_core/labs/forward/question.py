"""The addition of x at every block, and the growth of the values with depth."""

from __future__ import annotations

from pydantic import Field

from resnet_core.labs.catalog import LabSettings, Question, refusing
from resnet_core.labs.events import RUN, columns
from resnet_core.labs.forward.verdicts import Entry


class Settings(LabSettings):
    """The number of images that are followed."""

    images: int = Field(128, ge=2, le=1000)


accepts = refusing(highway="labs.gates_weigh")

QUESTION = Question(
    name="forward",
    settings=Settings,
    tables={"ledger": (*RUN, "state", "batch_norm", *columns(Entry))},
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
