"""Does averaging trained networks help, and is a residual network an ensemble already?"""

from __future__ import annotations

from pydantic import Field

from resnet_core.labs import question as laboratory
from resnet_core.labs.families import not_cifar
from resnet_core.labs.question import Question


class Settings(laboratory.Settings):
    """How often, and how many, blocks are dropped; on how many images all is measured."""

    most_dropped: int = Field(
        3, ge=1, le=9, description="Blocks dropped together from the residual network, at most."
    )
    draws: int = Field(
        8, ge=2, le=64, description="Random choices of blocks for each number of dropped blocks."
    )
    images: int = Field(
        1000, ge=50, le=10_000, description="Test images on which the error is measured, at most."
    )


_AVERAGED = (
    "Averaging the predictions of {members} runs gives {average:.1f} % test error; the runs alone "
    "give {alone:.1f} % on average and {best:.1f} % at best"
)
_TOGETHER = (
    "Two of the runs give different answers to {disagreement:.1f} % of the images; both are wrong "
    "on {both:.2f} %, and independent mistakes would meet on {independent:.2f} %"
)
_DROPPED = (
    "With one random block dropped, {label} goes from {whole:.1f} % to {thinned:.1f} % error on "
    "average (a guess: {chance:.0f} %); when one of the {members} runs leaves their average, that "
    "changes by {member:.1f} points"
)
_THINNED = (
    "Averaging the {thinned} networks that {label} becomes when one block is dropped gives "
    "{average:.1f} % error; alone they give {alone:.1f} % on average, and {label} itself "
    "{whole:.1f} %"
)

QUESTION = Question(
    name="ensemble",
    settings=Settings,
    findings={
        "beats_best": _AVERAGED + ": the average is ahead of every one of them.",
        "beats_mean": _AVERAGED
        + ": the average is ahead of a typical run, but these {images} images cannot tell it from "
        "the best.",
        "no_gain": _AVERAGED + ": on these {images} images, averaging gains nothing.",
        "correlated": _TOGETHER
        + ". They fail on the same images, which is what limits the average.",
        "independent": _TOGETHER + ": they fail on different images.",
        "few_mistakes": _TOGETHER + ": too few mistakes to tell whether they share them.",
        "like_ensemble": _DROPPED + ". It misses a block as little as an ensemble misses a member.",
        "unlike_ensemble": _DROPPED
        + ". It misses a block more than an ensemble misses a member, so it is not an ensemble of "
        "equals.",
        "thinned_help": _THINNED + ": the paths make up for each other's mistakes.",
        "thinned_do_not_help": _THINNED + ": averaging them wins nothing over one of them.",
        "nothing_to_drop": "None of these runs has a shortcut that carries x unchanged, so there "
        "is no block to drop; choose a residual network with option A or B.",
    },
    tables={
        "members": ("run", "label", "family", "depth", "error"),
        "joined": ("members", "error", "alone"),
        "subsets": ("members", "mean", "low", "high"),
        "pairs": ("first", "second", "disagreement", "both_wrong", "independent"),
        "dropped": ("label", "dropped", "draw", "blocks", "error"),
        "thinned": ("label", "dropped", "alone", "average"),
    },
    runs=tuple(f"one-minute-resnet-20-seed-{seed}" for seed in range(6)),
    most_runs=6,
    accepts=not_cifar,
    code=(
        ("resnet_core/labs/ensemble/run.py", "probabilities"),
        ("resnet_core/labs/ensemble/run.py", "averaged"),
        ("resnet_core/labs/ensemble/run.py", "wrong"),
        ("resnet_core/labs/ensemble/run.py", "both_wrong"),
    ),
)
