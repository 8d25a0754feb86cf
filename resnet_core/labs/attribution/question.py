"""Attribution: the parts of a picture that raise the score of a class in a network."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import Field, StringConstraints

from resnet_core.labs.catalog import Beside, LabSettings, Question
from resnet_core.labs.events import COLUMNS, RUN

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

# The name of a picture: "test:12", or "own:" and the id of an uploaded one.
_TEST, _OWN = "test:", "own:"
PictureName = Annotated[str, StringConstraints(pattern=r"^(test:\d{1,6}|own:[0-9a-f]{32})$")]
FIRST_PICTURE = f"{_TEST}5"


def image_name(place: int) -> str:
    """The name of the test image at this place, counted from 0."""
    return f"{_TEST}{place}"


def upload_name(picture_id: str) -> str:
    """The name of an uploaded picture."""
    return f"{_OWN}{picture_id}"


def image_place(name: str) -> int | None:
    """The test image's place, or None for an uploaded picture."""
    return int(name.removeprefix(_TEST)) if name.startswith(_TEST) else None


def upload_id(name: str) -> str:
    """The id of an uploaded picture."""
    return name.removeprefix(_OWN)


class Settings(LabSettings):
    """The picture, the class and the methods."""

    methods: tuple[Method, ...] = Field(STANDARD, min_length=1)
    picture: PictureName = FIRST_PICTURE
    target: int = Field(-1, ge=-1, le=9999)
    stage: int = Field(0, ge=0, le=5)
    steps: int = Field(64, ge=8, le=1024)
    samples: int = Field(32, ge=2, le=256)
    noise: float = Field(0.15, gt=0, le=1)
    patches: int = Field(4, ge=2, le=16)
    through_training: bool = False


_MASK = ("mask_shape", "mask_kind", "mask_data")
_SCORED = ("predicted", "probability", "target", "target_class", "target_probability")
_MEASURED = ("largest", "percent", "delta", "steps", "inside", "points", "area")

QUESTION = Question(
    name="attribution",
    settings=Settings,
    tables={
        "pictures": (*RUN, *COLUMNS, *_MASK, "truth", "checkpoints"),
        "scores": (*RUN, "iteration", *_SCORED),
        "maps": (*RUN, "iteration", "method", "layer", "signed", *COLUMNS, *_MEASURED, "reason"),
    },
    runs=("paper-8000-plain-20-seed-0", "paper-8000-resnet-20-seed-0"),
    beside=Beside(("one-minute-plain-20-seed-0", "one-minute-resnet-20-seed-0")),
    most_runs=2,
    code=(
        ("resnet_core/attribution/methods.py", "integrated_gradients"),
        ("resnet_core/attribution/methods.py", "smooth_grad"),
        ("resnet_core/attribution/methods.py", "at_layer"),
        ("resnet_core/attribution/methods.py", "occlusion"),
        ("resnet_core/attribution/deep_lift.py", "deep_lift"),
    ),
)
