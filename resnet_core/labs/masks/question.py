"""Do maps lie where the shape is? Every method scored against the masks, over many images."""

from __future__ import annotations

from pydantic import Field

from resnet_core.experiments.experiment import Experiment
from resnet_core.labs import question as laboratory
from resnet_core.labs.attribution.question import METHODS, Method
from resnet_core.labs.question import Question
from resnet_core.labs.tools.columns import RUN


class Settings(laboratory.Settings):
    """How many images, and which methods."""

    images: int = Field(60, ge=10, le=1000, description="Test images, as many of each class.")
    methods: tuple[Method, ...] = Field(
        ("saliency", "grad_cam", "occlusion", "smooth_grad", "deep_lift", "integrated_gradients"),
        min_length=1,
        max_length=len(METHODS),
        description="The methods, in the order in which they are scored.",
    )
    stage: int = Field(
        0, ge=0, le=5, description="Whose output Grad-CAM and conductance look at; 0: the last."
    )
    steps: int = Field(64, ge=8, le=1024, description="Steps from the baseline to the picture.")


def _accepts(experiment: Experiment) -> str:
    if experiment.data == "shapes":
        return ""
    return "only the embedded shapes say where things are; choose a network trained on them."


_PAIR = (
    "{residual_label} puts more of its attribution inside the shape by {residual} of {methods} "
    "methods and {plain_label} by {plain}; the others differ by less than twice the sampling error"
)

QUESTION = Question(
    name="masks",
    settings=Settings,
    findings={
        "best": "In {label}, {method} puts most inside the shape: {inside:.0f} % of its "
        "attribution, and in {pointing:.0f} % of the images its largest value; by chance it would "
        "be {area:.0f} %.",
        "below_chance": "In {label}, {method} puts no more inside the shape than chance would: "
        "{inside:.0f} % against {area:.0f} %.",
        "residual_more": _PAIR + ". Here the residual network's maps lie better. That does not "
        "make them more faithful: a network may be right for reasons outside the shape.",
        "plain_more": _PAIR + ". Here the plain network's maps lie better, though better-looking "
        "is not more faithful: a network may be right for reasons outside the shape.",
        "neither": _PAIR + ". Neither network's maps lie better.",
    },
    tables={
        "scores": (
            *RUN,
            "method",
            "images",
            "inside",
            "inside_error",
            "pointing",
            "pointing_error",
            "area",
        ),
        "left_out": (*RUN, "method", "reason"),
    },
    runs=("one-minute-plain-20-seed-0", "one-minute-resnet-20-seed-0"),
    most_runs=4,
    accepts=_accepts,
    code=(
        ("resnet_core/attribution/scores.py", "share_inside"),
        ("resnet_core/attribution/scores.py", "points_inside"),
        ("resnet_core/labs/masks/run.py", "scored"),
    ),
)
