"""How much of x does a block need? y = F(x) + alpha x, alpha from 0 to 1."""

from __future__ import annotations

from pydantic import Field

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs import question as laboratory
from resnet_core.labs.families import not_cifar
from resnet_core.labs.question import Question


class Settings(laboratory.Settings):
    """How finely the dial is turned, and how long is trained at each of its marks."""

    marks: int = Field(
        5, ge=2, le=21, description="Values of alpha, evenly from 0 to 1, to train with."
    )
    updates: int = Field(300, ge=10, le=20_000, description="Training updates with each.")
    learning_rate: float = Field(
        0.05, gt=0, le=10, description="Of these trainings, after a warm-up of a third of them."
    )
    turns: int = Field(
        21, ge=2, le=101, description="Values of alpha, evenly from 0 to 1, on the trained network."
    )
    images: int = Field(
        500, ge=10, le=50_000, description="Training images on which errors are measured."
    )


def accepts(experiment: Experiment) -> str:
    """Networks in which x is added as it is."""
    if experiment.network_spec().family in {"resnet", "preresnet"}:
        return not_cifar(experiment)
    return "Only a residual network has an x to turn down; choose a resnet or preresnet run."


QUESTION = Question(
    name="dial",
    settings=Settings,
    findings={
        "made_for_one": "The trained network is best at the alpha it was trained with, 1: "
        "{full:.1f} % training error. At alpha = {limit:.2f} it is already at {at_limit:.1f} %, "
        "and with nothing of x at {zero:.1f} %. With BN's statistics measured anew these are "
        "{limit_anew:.1f} % and {zero_anew:.1f} %: the rest is only a change of scale.",
        "indifferent": "The trained network hardly needs x: with nothing of it, its training error "
        "is {zero:.1f} %, and {full:.1f} % at alpha = 1.",
        "better_elsewhere": "The trained network is best at alpha = {best:.2f}, not at the 1 it "
        "was trained with: {least:.1f} % training error instead of {full:.1f} %.",
        "more_is_better": "Trained for {updates} updates with less of x, the same network ends "
        "higher: {zero:.1f} % training error at alpha = 0, {full:.1f} % at 1.",
        "part_is_best": "Trained for {updates} updates, alpha = {best:.2f} ends lowest, at "
        "{least:.1f} % training error: lower than the whole of x ({full:.1f} %) and than nothing "
        "of it ({zero:.1f} %).",
        "less_is_better": "Trained for {updates} updates, the network without x ends lower: "
        "{zero:.1f} % training error at alpha = 0, {full:.1f} % at 1.",
        "no_matter": "Trained for {updates} updates, alpha hardly matters: from {least:.1f} % to "
        "{most:.1f} % training error over the whole dial.",
    },
    tables={
        "trained": ("alpha", "statistics", "error", "loss", "images"),
        "curves": ("alpha", "iteration", "error", "loss"),
        "ends": ("alpha", "train_error", "test_error", "updates"),
    },
    runs=("one-minute-resnet-20-seed-0",),
    most_runs=1,
    accepts=accepts,
    code=(
        ("resnet_core/labs/dial/run.py", "dialled"),
        ("resnet_core/labs/dial/run.py", "measured_anew"),
    ),
)
