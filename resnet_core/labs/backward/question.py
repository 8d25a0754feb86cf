"""Is the gradient through a block at least as large as the one that reaches it?"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs import question as laboratory
from resnet_core.labs.families import family, not_cifar
from resnet_core.labs.question import Question
from resnet_core.labs.tools.columns import RUN


class Settings(laboratory.Settings):
    """Which weights, and on how many images."""

    state: Literal["trained", "initial"] = Field(
        "trained", description="The trained weights, or those with which training began."
    )
    images: int = Field(
        64, ge=2, le=1000, description="Training images whose loss is differentiated."
    )


def accepts(experiment: Experiment) -> str:
    """The split is of sums; gates weigh."""
    if family(experiment) == "highway":
        return "a highway's gates weigh x and F(x), so there is no sum; choose another network."
    return not_cifar(experiment)


QUESTION = Question(
    name="backward",
    settings=Settings,
    findings={
        "at_least_one": "In all {blocks} blocks of {label} the gradient is at least as large "
        "before the block as behind it: the least gain is {least:.2f}, in {block}.",
        "below_one": "No: in {below} of {blocks} blocks of {label} the gradient is smaller before "
        "the block than behind it, by a factor of {least:.2f} in {block}. The shortcut passes "
        "{shortcut:.2f} of it there, and the branch's part has cosine {cosine:.2f} with that.",
        "plain_shrinks": "From its last block to its first the gradient of {label} becomes "
        "{change:.2g} times as large: it shrinks on its way.",
        "plain_holds": "From its last block to its first the gradient of {label}, which has no "
        "shortcuts, becomes {change:.2g} times as large: it does not vanish without them either.",
        "plain_grows": "From its last block to its first the gradient of {label}, which has no "
        "shortcuts, becomes {change:.2g} times as large: far from vanishing, it grows on its way.",
        "descends": "Where the size stays, F(x) of {label} points along the negative gradient of "
        "the loss, with a mean cosine of {cosine:.3f}: on average a block moves x to where the "
        "loss is less, as Jastrzebski et al. (2018) found.",
        "undecided": "Where the size stays, F(x) of {label} has a mean cosine of {cosine:.3f} with "
        "the negative gradient of the loss, within two standard errors ({error:.3f}) of none: no "
        "direction can be seen.",
        "ascends": "Where the size stays, F(x) of {label} points against the negative gradient of "
        "the loss, with a mean cosine of {cosine:.3f}: not what Jastrzebski et al. (2018) found.",
    },
    tables={
        "additions": (
            *RUN,
            "place",
            "block",
            "changes_size",
            "behind",
            "before",
            "shortcut",
            "branch",
            "gain",
            "shortcut_gain",
            "branch_gain",
            "cosine",
            "descent",
            "descent_error",
        )
    },
    runs=("one-minute-resnet-20-seed-0", "one-minute-plain-20-seed-0"),
    most_runs=3,
    accepts=accepts,
    code=(
        ("resnet_core/labs/backward/run.py", "split"),
        ("resnet_core/labs/backward/run.py", "transposed"),
    ),
)
