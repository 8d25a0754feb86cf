"""Which parts of a picture speak for a class, in the eyes of a network?"""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field

from resnet_core.labs import question as laboratory
from resnet_core.labs.question import Question
from resnet_core.labs.tools import picture_names
from resnet_core.labs.tools.columns import RUN
from resnet_core.labs.tools.packed_arrays import COLUMNS
from resnet_core.labs.tools.picture_names import PictureName

Method = Literal[
    "integrated_gradients",
    "saliency",
    "smooth_grad",
    "grad_cam",
    "occlusion",
    "deep_lift",
    "conductance",
]
METHODS: tuple[Method, ...] = get_args(Method)
STANDARD: tuple[Method, ...] = METHODS[:5]
NAMES: dict[str, str] = {
    "integrated_gradients": "integrated gradients",
    "saliency": "saliency",
    "smooth_grad": "SmoothGrad",
    "grad_cam": "Grad-CAM",
    "occlusion": "occlusion",
    "deep_lift": "DeepLIFT",
    "conductance": "layer conductance",
}


class Settings(laboratory.Settings):
    """The picture, the class and the methods."""

    methods: tuple[Method, ...] = Field(
        STANDARD, min_length=1, description="The methods, in the order in which they are shown."
    )
    picture: PictureName = picture_names.field()
    target: int = Field(
        -1,
        ge=-1,
        le=9999,
        description="The class whose score is explained, counted from 0; -1: the one that each "
        "network predicts.",
    )
    stage: int = Field(
        0, ge=0, le=5, description="Whose output Grad-CAM and conductance look at; 0: the last."
    )
    steps: int = Field(
        64,
        ge=8,
        le=1024,
        description="Steps from the baseline to the picture; doubled until the parts add up to "
        "1 %, at most to 1024.",
    )
    samples: int = Field(32, ge=2, le=256, description="Noisy copies that SmoothGrad averages.")
    noise: float = Field(
        0.15, gt=0, le=1, description="Standard deviation of SmoothGrad's noise; 1: full range."
    )
    patches: int = Field(
        4, ge=2, le=16, description="How many of occlusion's squares fit along a side."
    )
    through_training: bool = Field(
        False,
        description="Also before training and at every moment of it whose weights were kept.",
    )


QUESTION = Question(
    name="attribution",
    settings=Settings,
    findings={
        "adds_up": "{label} takes this picture for {predicted} ({probability:.0f} %). What is "
        "explained is its score for {target}; what {method} attributes adds up to it within "
        "{percent:.2f} %.",
        "misses": "{label} takes this picture for {predicted} ({probability:.0f} %). What is "
        "explained is its score for {target}, but what {method} attributes misses it by "
        "{percent:.1f} %: take more steps before trusting that map.",
        "no_sum": "{label} takes this picture for {predicted} ({probability:.0f} %). What is "
        "explained is its score for {target}; none of these methods promises parts that add up.",
        "flat": "{label} takes this picture for {predicted} ({probability:.0f} %), but its score "
        "for {target} is that of the baseline: there is nothing to explain.",
    },
    tables={
        "pictures": (
            *RUN,
            *COLUMNS,
            "mask_shape",
            "mask_kind",
            "mask_data",
            "truth",
            "checkpoints",
        ),
        "scores": (
            *RUN,
            "iteration",
            "predicted",
            "probability",
            "target",
            "target_class",
            "target_probability",
        ),
        "maps": (
            *RUN,
            "iteration",
            "method",
            "layer",
            "signed",
            *COLUMNS,
            "largest",
            "percent",
            "delta",
            "steps",
            "inside",
            "points",
            "area",
            "reason",
        ),
    },
    runs=("one-minute-plain-20-seed-0", "one-minute-resnet-20-seed-0"),
    most_runs=2,
    code=(
        ("resnet_core/attribution/pixels.py", "integrated_gradients"),
        ("resnet_core/attribution/pixels.py", "smooth_grad"),
        ("resnet_core/attribution/layers.py", "at_layer"),
        ("resnet_core/attribution/pixels.py", "occlusion"),
        ("resnet_core/attribution/deep_lift.py", "deep_lift"),
    ),
)
