"""The share of x that a block needs: y = F(x) + alpha x, alpha from 0 to 1."""

from __future__ import annotations

from pydantic import Field

from resnet_core.labs.catalog import Beside, LabSettings, Question, refusing


class Settings(LabSettings):
    """The values of alpha, and the length of the training at each."""

    marks: int = Field(5, ge=2, le=21)
    updates: int = Field(300, ge=10, le=20_000)
    learning_rate: float = Field(0.05, gt=0, le=10)
    seeds: int = Field(2, ge=2, le=9)
    turns: int = Field(21, ge=2, le=101)
    images: int = Field(500, ge=10, le=50_000)


# Others have no shortcut that adds x.
accepts = refusing(plain="labs.no_shortcut", highway="labs.no_shortcut")

QUESTION = Question(
    name="dial",
    settings=Settings,
    tables={
        "trained": ("alpha", "statistics", "error", "loss", "images"),
        "curves": ("alpha", "seed", "depth", "iteration", "error", "loss"),
        "ends": ("alpha", "seed", "train_error", "test_error", "updates", "diverged"),
    },
    runs=("photographs-resnet-20-seed-0",),
    beside=Beside(("one-minute-resnet-20-seed-0",)),
    most_runs=1,
    accepts=accepts,
    code=(
        ("resnet_core/labs/dial/run.py", "scaled_shortcuts"),
        ("resnet_core/labs/tools/derived_networks.py", "set_batch_statistics"),
        ("resnet_core/labs/dial/verdicts.py", "training_verdict"),
    ),
    version=2,  # 2: several seeds, and the error of guessing where a training diverged
)
