"""Is x really added again at every block, and does the stream not blow up?"""

from __future__ import annotations

from pydantic import Field

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs import question as laboratory
from resnet_core.labs.families import family, not_cifar
from resnet_core.labs.question import Question
from resnet_core.labs.tools.columns import RUN


class Settings(laboratory.Settings):
    """How many images are followed."""

    images: int = Field(
        128, ge=2, le=1000, description="Test images that are followed through the network."
    )


def accepts(experiment: Experiment) -> str:
    """The ledger is of sums; gates weigh."""
    if family(experiment) == "highway":
        return "a highway's gates weigh x and F(x), so there is no sum; choose another network."
    return not_cifar(experiment)


QUESTION = Question(
    name="forward",
    settings=Settings,
    findings={
        "exact": "What {label} carries after its last block is x_0 plus the sum of all F(x) to a "
        "relative difference of {difference:.0e}, which is float32's rounding.",
        "approximate": "What {label} carries after its last block is not quite x_0 plus the sum of "
        "all F(x): it differs by {difference:.0f} % of its norm, for the nonlinearity after each "
        "addition has its say as well.",
        "elsewhere": "What {label} carries after its last block has little to do with x_0 plus the "
        "sum of all F(x): it differs by {difference:.0f} % of its own norm, so much does the "
        "nonlinearity after each addition take away.",
        "no_sum": "{label} adds nothing: each block replaces x by f(F(x)), so there is no sum to "
        "compare with.",
        "steady": "Trained, a block of {label} multiplies the norm of the stream by {trained:.2f} "
        "where the size stays: less than the 1.41 of x plus an unrelated F(x) of the same norm, so "
        "it does not blow up.",
        "growing": "Trained, a block of {label} multiplies the norm of the stream by {trained:.2f} "
        "where the size stays: no less than the 1.41 of x plus an unrelated F(x) of the same norm, "
        "so it does grow.",
        "tamed": "At initialisation a block of {label} multiplies the norm of the stream by "
        "{with_bn:.2f} with BN and by {without_bn:.2f} without: BN keeps it nearer to its size.",
        "untamed": "At initialisation a block of {label} multiplies the norm of the stream by "
        "{with_bn:.2f} with BN and by {without_bn:.2f} without: BN does not keep it nearer to its "
        "size here.",
    },
    tables={
        "ledger": (
            *RUN,
            "state",
            "batch_norm",
            "place",
            "block",
            "changes_size",
            "stream",
            "branch",
            "total",
            "difference",
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
        ("resnet_core/labs/tools/initial_network.py", "normalising"),
    ),
)
