"""Which control each setting has, and behind which tab it stands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from app.widgets.experiment_form.networks import ALL_FAMILIES, DEPTHS
from resnet_core.experiments.experiment import Experiment

Kind = Literal["choice", "whole", "text", "switch"]
Needs = tuple[str, tuple[Any, ...]]

OTHER = "other"  # a depth that is not among those offered


@dataclass(frozen=True)
class Control:
    """How a field is asked for.

    Attributes:
        kind: `text` is for rates and lists, where a stepper would be in the way.
        options: of a choice, the first to the last.
        step: of a stepper.
        needs: another field and the values without which this one means nothing.
    """

    field: str
    kind: Kind
    options: tuple[Any, ...] = ()
    step: int = 1
    needs: Needs | None = None


def _choice(field: str, needs: Needs | None = None) -> Control:
    return Control(field, "choice", get_args(Experiment.model_fields[field].annotation), 1, needs)


def _whole(field: str, step: int = 1, needs: Needs | None = None) -> Control:
    return Control(field, "whole", (), step, needs)


def _text(field: str) -> Control:
    return Control(field, "text")


def _switch(field: str) -> Control:
    return Control(field, "switch")


# The three that matter are always in view.
FAMILY = Control("family", "choice", ALL_FAMILIES)
DEPTH = Control("depth", "choice", (*DEPTHS, OTHER))
SHORTCUT = _choice(
    "shortcut", needs=("family", ("resnet", "preresnet", "highway", "imagenet/resnet"))
)

# The rest, tab by tab. `data` itself has a control of its own, at the head of its tab.
GROUPS: dict[str, tuple[Control, ...]] = {
    "network": (
        _whole("width"),
        _choice("block"),
        Control("layers_per_block", "choice", (1, 2, 3), needs=("block", ("basic",))),
        _choice("stride_in", needs=("family", ("imagenet/resnet",))),
        _choice("activation"),
        _choice("initialization"),
        _choice("option_a_padding", needs=("shortcut", ("A",))),
        _switch("batch_norm"),
    ),
    "data": (
        # Text, so that they can be left empty.
        _text("image_size"),
        _text("train_images"),
        _text("test_images"),
        _whole("crop_padding"),
        _switch("flip"),
        _switch("validation"),
    ),
    "recipe": (
        _whole("iterations", 100),
        _whole("batch_size", 32),
        _text("learning_rate"),
        _choice("schedule"),
        Control("milestones", "text", needs=("schedule", ("milestones",))),
        _whole("plateau_evaluations", needs=("schedule", ("plateau",))),
        _choice("warmup"),
        _whole("warmup_iterations", 10, needs=("warmup", ("linear",))),
        _text("momentum"),
        _text("weight_decay"),
        _whole("seed"),
    ),
    "telemetry": (
        _text("name"),
        _whole("record_every", 10),
        _whole("evaluate_every", 50),
        _whole("evaluation_images", 100),
        _whole("audit_every", 100),
        _whole("keep_checkpoints"),
    ),
    "machine": (_choice("precision"), _text("device")),
}

CONTROLS: dict[str, Control] = {
    control.field: control
    for control in (FAMILY, DEPTH, SHORTCUT, *(one for group in GROUPS.values() for one in group))
}


def group_of(field: str) -> str | None:
    """The tab that a field stands behind; None for the three that are always in view."""
    if field == "data":
        return "data"
    for name, controls in GROUPS.items():
        if any(control.field == field for control in controls):
            return name
    return None


def shown_as(field: str) -> str:
    """The control that an error about a field of `Experiment` is shown beside."""
    return "depth" if field == "network" else field
