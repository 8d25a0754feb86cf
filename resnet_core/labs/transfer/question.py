"""Does it help beyond classification? Masks and boxes on top of the trained networks."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from resnet_core.labs import question as laboratory
from resnet_core.labs.families import not_cifar
from resnet_core.labs.question import Question
from resnet_core.labs.tools.columns import RUN
from resnet_core.labs.tools.packed_arrays import COLUMNS

Task = Literal["segmentation", "box"]
How = Literal["frozen", "tuned", "scratch"]


class Settings(laboratory.Settings):
    """What the head has to say of a scene, and what may change while it learns."""

    task: Task = Field(
        "segmentation",
        description="A class for every pixel, or the box around the one star among the shapes.",
    )
    backbones: tuple[How, ...] = Field(
        ("frozen", "tuned"),
        min_length=1,
        max_length=3,
        description="The networks as they are, trained along with the head, or begun anew.",
    )
    updates: int = Field(
        100, ge=10, le=2000, description="Updates of each head, with 16 scenes each."
    )
    images: int = Field(384, ge=32, le=4096, description="Scenes to learn from.")

    @field_validator("backbones")
    @classmethod
    def _once(cls, value: tuple[How, ...]) -> tuple[How, ...]:
        if len(set(value)) < len(value):
            raise ValueError("names one twice; name each once")
        return value


_PAIR = (
    "a head on {residual_label} ({residual_error:.0f} % error as a classifier) reaches a mean IoU "
    "of {residual:.1f} %, one on {plain_label} ({plain_error:.0f} %) reaches {plain:.1f} %"
)
# Weights that begin anew never made that classifier.
_ANEW = _PAIR.replace(" ({residual_error:.0f} % error as a classifier)", "").replace(
    " ({plain_error:.0f} %)", ""
)
_APART = "{points:.1f} points, {low:.1f} to {high:.1f} with 95 % confidence over {scenes} scenes"
_SAME = "too small a difference to tell on {scenes} scenes ({points:.1f} points)."
_DEPTH = (
    "a head on {deep_label} reaches a mean IoU of {deep:.1f} %, one on {shallow_label} "
    "{shallow:.1f} %"
)
_CLAIMS = {
    "residual": f"the shortcuts help here ({_APART}).",
    "plain": f"the shortcuts do not help here, they cost ({_APART}).",
    "alike": _SAME,
    "deeper": f"the deeper backbone is better ({_APART}).",
    "shallower": f"the deeper backbone is not better, but worse ({_APART}).",
    "depth_alike": _SAME,
}
_HOW: dict[How, str] = {
    "frozen": "With frozen backbones",
    "tuned": "With fine-tuned backbones",
    "scratch": "With backbones trained from scratch",
}


def _sentence(claim: str, how: How) -> str:
    reached = _DEPTH
    if claim in ("residual", "plain", "alike"):
        reached = _ANEW if how == "scratch" else _PAIR
    return f"{_HOW[how]} {reached}: {_CLAIMS[claim]}"


QUESTION = Question(
    name="transfer",
    settings=Settings,
    findings={
        **{f"{claim}_{how}": _sentence(claim, how) for claim in _CLAIMS for how in _HOW},
        "follows": "The better classifier is the better backbone: of {pairs} pairs of networks "
        "whose scores can be told apart, the one with the lower classification error has the "
        "higher mean IoU in {agreeing}.",
        "follows_not": "The better classifier is not simply the better backbone: of {pairs} pairs "
        "of networks whose scores can be told apart, the one with the lower classification error "
        "has the higher mean IoU in only {agreeing}.",
        "alone": "A head on {label} reaches a mean IoU of {score:.1f} %. Choose a plain and a "
        "residual network of the same depth to compare them.",
        "diverged": "The training on top of {label} broke down after {updates} updates: its loss "
        "is no longer a number.",
    },
    tables={
        "scenes": ("scene", *COLUMNS, "truth_shape", "truth_kind", "truth_data", "box"),
        "curves": (*RUN, "how", "update", "loss", "score", "error"),
        "predictions": (*RUN, "how", "update", "scene", *COLUMNS, "box"),
        "final": (*RUN, "how", "score", "low", "high", "error", "classification"),
    },
    runs=(
        "one-minute-plain-20-seed-0",
        "one-minute-resnet-20-seed-0",
        "one-minute-plain-56-seed-0",
        "one-minute-resnet-56-seed-0",
    ),
    most_runs=4,
    accepts=not_cifar,
    code=(
        ("resnet_core/labs/transfer/heads.py", "MaskHead"),
        ("resnet_core/labs/transfer/heads.py", "BoxHead"),
        ("resnet_core/labs/transfer/heads.py", "Meeting"),
        ("resnet_core/labs/transfer/scores.py", "of_masks"),
        ("resnet_core/labs/transfer/scores.py", "of_boxes"),
    ),
)
