"""The addition of x at every block, and the growth of the values with depth."""

from __future__ import annotations

from pydantic import Field

from resnet_core.labs.catalog import Beside, LabSettings, Question, refusing
from resnet_core.labs.events import RUN, columns
from resnet_core.labs.forward.verdicts import Entry


class Settings(LabSettings):
    """The number of images that are followed."""

    images: int = Field(64, ge=2, le=1000)


accepts = refusing(highway="labs.gates_weigh")

QUESTION = Question(
    name="forward",
    settings=Settings,
    tables={"ledger": (*RUN, "state", "batch_norm", *columns(Entry))},
    runs=(
        "paper-8000-resnet-56-seed-0",
        "photographs-preresnet-44-seed-0",
        "photographs-without-bn-resnet-20-seed-0",
    ),
    beside=Beside(
        (
            "one-minute-resnet-56-seed-0",
            "one-minute-preresnet-56-seed-0",
            "one-minute-without-bn-resnet-20-seed-0",
        ),
        {"images": 128},
    ),
    most_runs=4,
    version=2,
    accepts=accepts,
    code=(
        ("resnet_core/labs/forward/run.py", "ledger"),
        ("resnet_core/labs/tools/derived_networks.py", "set_batch_statistics"),
    ),
)
