"""If gradients do not vanish, what is to blame? Five claims, each tried by a run of its own."""

from __future__ import annotations

from pydantic import Field, field_validator

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs import question as laboratory
from resnet_core.labs.question import Question

SHALLOW = 8  # weighted layers of the short runs' shallow network


class Settings(laboratory.Settings):
    """The short runs that are made for the trial."""

    depth: int = Field(
        32,
        ge=14,
        le=56,
        description="Weighted layers of the deep network, 6n + 2; the other has 8.",
    )
    iterations: int = Field(
        320,
        ge=30,
        le=2000,
        description="Updates in each short run; the long ones have three times.",
    )
    learning_rate: float = Field(
        0.03,
        gt=0,
        le=1,
        description="Of every short run: a ramp in the first half, a tenth in the last quarter.",
    )
    train_images: int = Field(640, ge=64, le=5120, description="Training images of short runs.")
    images: int = Field(
        1000, ge=50, le=10_000, description="Images on which recorded networks are measured."
    )

    @field_validator("depth")
    @classmethod
    def _six_n_plus_two(cls, value: int) -> int:
        if value % 6 != 2:
            raise ValueError(f"must be 6n + 2, such as {6 * round((value - 2) / 6) + 2}")
        return value


def accepts(experiment: Experiment) -> str:
    """Only plain networks stand trial."""
    if not experiment.network.startswith("cifar/plain-"):
        return "has shortcuts; the degradation is that of plain networks"
    return ""


_GRADIENTS = (
    "Vanishing gradients: in the deep network the first layer's gradient is at least {ratio:.2g} "
    "of the last one's; in the network that is made to vanish, {reference:.0e}"
)
_OVERFITTING = (
    "Overfitting: {deep} ends at {deep_train:.1f} % training and {deep_test:.1f} % test error, "
    "{shallow} at {shallow_train:.1f} % and {shallow_test:.1f} %"
)
_CAPACITY = (
    "Too little capacity: {label} with copying layers added up to {depth} layers makes "
    "{grafted:.1f} % training error ({shallow:.1f} % without them); trained from scratch, {deep} "
    "makes {trained:.1f} %"
)
_STEPS = (
    "Too few steps: after three times the steps, {long}, the deep network is at {deep_long:.1f} % "
    "training error and the shallow one at {shallow_long:.1f} %; after {short} they were at "
    "{deep:.1f} % and {shallow:.1f} %"
)
_START = (
    "Bad initialisation: the best of the other starts ({best}) brings the deep network to "
    "{other:.1f} % training error; the usual one to {deep:.1f} %, the shallow network to "
    "{shallow:.1f} %"
)
RUN = ("source", "role", "label", "family", "depth")

QUESTION = Question(
    name="court",
    settings=Settings,
    findings={
        "no_degradation": "The case is dismissed: in the short runs {depth} layers end at "
        "{deep:.1f} % training error and 8 at {shallow:.1f} %, so there is no degradation to "
        "explain.",
        "gradients_convicted": _GRADIENTS + ". Convicted: this deep network's vanish as well.",
        "gradients_acquitted": _GRADIENTS
        + ". Acquitted: the deep network's gradients are healthy, and it degrades all the same.",
        "gradients_not_proven": _GRADIENTS + ". Not proven: that is neither healthy nor gone.",
        "overfitting_convicted": _OVERFITTING
        + ". Convicted: it fits what it was shown and fails on what it was not.",
        "overfitting_acquitted": _OVERFITTING
        + ". Acquitted: who overfits has a low training error, and this one's is the higher.",
        "overfitting_not_proven": _OVERFITTING + ". Not proven.",
        "capacity_convicted": _CAPACITY
        + ". Convicted: even the constructed network cannot represent what the shallow one does.",
        "capacity_acquitted": _CAPACITY
        + ". Acquitted: a good solution is there, and training does not find it.",
        "capacity_not_proven": "Too little capacity: not proven, for want of a trained shallow "
        "network that the deep one could contain; choose two plain runs with ReLUs, such as 20 "
        "and 56 layers.",
        "steps_convicted": _STEPS
        + ". Convicted: time brings the deep one to where the shallow one was.",
        "steps_acquitted": _STEPS
        + ". Acquitted: that leaves more than half of the gap to where the shallow one was.",
        "steps_not_proven": _STEPS + ". Not proven: they help, but not enough to settle it.",
        "start_convicted": _START + ". Convicted: another start cures it.",
        "start_acquitted": _START
        + ". Acquitted: the best start tried leaves more than half of the gap.",
        "start_not_proven": _START + ". Not proven: it helps, but not enough to settle it.",
    },
    tables={
        "curves": ("role", "depth", "iteration", "error", "first", "last"),
        "gradients": (*RUN, "layer", "place", "norm"),
        "errors": (*RUN, "iterations", "train", "test"),
    },
    runs=("one-minute-plain-20-seed-0", "one-minute-plain-56-seed-0"),
    most_runs=2,
    accepts=accepts,
    of_imported="a trial is between networks of one recipe, and an imported network's is not "
    "known; choose two that were trained here.",
    code=(
        ("resnet_core/labs/court/run.py", "experiments"),
        ("resnet_core/labs/court/run.py", "gradient_norms"),
        ("resnet_core/labs/court/verdicts.py", "gradients"),
        ("resnet_core/labs/court/verdicts.py", "steps"),
    ),
)
