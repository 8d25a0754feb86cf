"""If added layers could copy their input, why is the deeper network worse? (Section 1.)"""

from __future__ import annotations

from pydantic import Field

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs import question as laboratory
from resnet_core.labs.families import not_cifar
from resnet_core.labs.question import Question


class Settings(laboratory.Settings):
    """How much deeper, and how long is searched."""

    factor: int = Field(
        3, ge=2, le=4, description="Times as many blocks, in the network that is trained."
    )
    updates: int = Field(60, ge=5, le=5000, description="Training updates from each grafted start.")
    learning_rate: float = Field(
        0.001,
        gt=0,
        le=10,
        description="From the grafted starts; from scratch the run's own rate is used.",
    )
    patience: int = Field(
        4, ge=1, le=50, description="Times as many updates for the start from scratch."
    )
    images: int = Field(
        1000, ge=10, le=50_000, description="Training images on which errors are measured."
    )


def accepts(experiment: Experiment) -> str:
    """Networks in which blocks can copy: ReLUs, and no gate that stays ajar."""
    if experiment.network_spec().family == "highway":
        return "A highway network's gates are never quite shut, so its blocks cannot copy exactly."
    if experiment.activation != "relu":
        return "Blocks copy their input exactly through ReLU only; choose a run with ReLU."
    if experiment.network_spec().family == "plain" and experiment.block == "bottleneck":
        return "A plain bottleneck loses channels on the way, so it cannot copy its input."
    return not_cifar(experiment)


QUESTION = Question(
    name="graft",
    settings=Settings,
    findings={
        "exact": "With {inserted} copying layers the {shallow}-layer network becomes one of "
        "{deep} layers with the same {error:.1f} % training error: all {images} predictions and "
        "all scores are exactly the same. So the deeper network can be as good.",
        "close": "With {inserted} copying layers the {shallow}-layer network becomes one of "
        "{deep} layers with the same {error:.1f} % training error: all {images} predictions are "
        "the same, the scores to within {difference:.1e}. So the deeper network can be as good.",
        "inexact": "With {inserted} copying layers the {shallow}-layer network becomes one of "
        "{deep} layers that should be the same, but {changed} of {images} predictions differ: "
        "its training error is {error:.1f} %.",
        "modes_agree": "In training mode BN uses each mini-batch's own mean and deviation, so the "
        "copies are not exact there: {changed} of {images} predictions differ, and the error is "
        "{grafted:.1f} % instead of {shallow:.1f} %. That is near enough to start from.",
        "modes_differ": "In training mode BN uses each mini-batch's own mean and deviation, and "
        "there the copies are not exact: {changed} of {images} predictions differ, and the error "
        "is {grafted:.1f} % instead of {shallow:.1f} %.",
        "near": "From scratch, {updates} updates bring the same {deep} layers to {scratch:.1f} % "
        "training error only. From the grafted start with noise of {kept:g} times each filter's "
        "length, {few} updates still end near the solution, at {end_kept:.1f} %; with {lost:g} "
        "times, at {end_lost:.1f} %. So near must one begin.",
        "always": "From scratch, {updates} updates bring the same {deep} layers to {scratch:.1f} % "
        "training error only; from the grafted start {few} updates end near the solution with "
        "all noise tried, even {kept:g} times each filter's length ({end_kept:.1f} %).",
        "never": "From scratch, {updates} updates bring the same {deep} layers to {scratch:.1f} % "
        "training error only; and {few} updates lead away from the grafted start even without "
        "noise, to {end_lost:.1f} %.",
        "found": "From scratch, {updates} updates bring the same {deep} layers to {scratch:.1f} % "
        "training error, no worse than the {grafted:.1f} % of the grafted start: here SGD does "
        "not miss the solution.",
    },
    tables={
        "copies": ("factor", "depth", "mode", "error", "changed", "difference", "images"),
        "curves": ("start", "noise", "iteration", "error", "loss"),
        "ends": ("start", "noise", "before", "after", "updates"),
    },
    runs=("one-minute-plain-20-seed-0",),
    most_runs=1,
    accepts=accepts,
    of_imported="it would have to be trained on by its own recipe, and an imported network's is "
    "not known; choose one that was trained here.",
    code=(
        ("resnet_core/labs/tools/identity_blocks.py", "grafted"),
        ("resnet_core/labs/tools/identity_blocks.py", "copy_input"),
        ("resnet_core/labs/tools/identity_blocks.py", "give_back"),
    ),
)
