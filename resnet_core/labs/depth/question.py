"""Can a network be too deep? Training against test error as depth grows, on few images."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from resnet_core.labs import question as laboratory
from resnet_core.labs.question import Question

LADDER = (8, 14, 20, 32, 44, 56, 110)  # weighted layers


class Settings(laboratory.Settings):
    """The short runs, one a depth, all on the same few images."""

    train_images: int = Field(
        320, ge=64, le=5120, description="Training images: the fewer, the easier to overfit."
    )
    deepest: int = Field(
        56, ge=14, le=110, description="The deepest of 8, 14, 20, 32, 44, 56 and 110 layers."
    )
    family: Literal["resnet", "plain"] = Field(
        "resnet", description="Networks with shortcuts or without them."
    )
    iterations: int = Field(360, ge=30, le=4000, description="Updates in each run.")
    learning_rate: float = Field(
        0.03,
        gt=0,
        le=1,
        description="After a ramp in the first third; a tenth in the last quarter.",
    )
    images: int = Field(
        1000, ge=50, le=10_000, description="Images on which each error is measured, at most."
    )


def depths(settings: Settings) -> tuple[int, ...]:
    """The rungs of the ladder up to the deepest."""
    return tuple(depth for depth in LADDER if depth <= settings.deepest)


_TRAINED = (
    "Among the trained {family} networks, {deep_depth} layers end at {deep_train:.1f} % training "
    "and {deep_test:.1f} % test error, {best_depth} layers at {best_train:.1f} % and "
    "{best_test:.1f} %"
)
_SHORT = (
    "In short runs on {train_images} images, {deep_depth} layers end at {deep_train:.1f} % "
    "training and {deep_test:.1f} % test error, {best_depth} layers at {best_train:.1f} % and "
    "{best_test:.1f} %"
)
_OPTIMISATION = (
    ". Too deep for the optimisation: the deepest network fits its own training images worse."
)
_OVERFITTING = (
    ". Too deep for the data: the deepest network fits its training images no worse and fails on "
    "new ones, which is overfitting."
)
_NOT = (
    ". Not too deep: on new images the deepest network is not behind by more than {margin:.1f} "
    "points, which chance alone can give."
)
_SLOWER = (
    ". On new images the deepest network is not behind, but it fits its training images worse: "
    "optimisation is the first to suffer."
)
RUN = ("source", "label", "family", "depth", "seed")

QUESTION = Question(
    name="depth",
    settings=Settings,
    findings={
        "short_optimisation": _SHORT + _OPTIMISATION,
        "short_overfitting": _SHORT + _OVERFITTING,
        "short_slower": _SHORT + _SLOWER,
        "short_not_too_deep": _SHORT + _NOT,
        "trained_optimisation": _TRAINED + _OPTIMISATION,
        "trained_overfitting": _TRAINED + _OVERFITTING,
        "trained_slower": _TRAINED + _SLOWER,
        "trained_not_too_deep": _TRAINED + _NOT,
    },
    tables={
        "curves": ("depth", "iteration", "error", "test"),
        "errors": (*RUN, "train", "test"),
    },
    runs=(
        "one-minute-plain-20-seed-0",
        "one-minute-plain-56-seed-0",
        "one-minute-resnet-20-seed-0",
        "one-minute-resnet-56-seed-0",
    ),
    most_runs=6,
    code=(
        ("resnet_core/labs/depth/run.py", "experiment"),
        ("resnet_core/labs/depth/verdicts.py", "ruling"),
    ),
)
