"""What is lost when a trained network is lesioned: a block removed, two blocks swapped?"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from resnet_core.labs import question as laboratory
from resnet_core.labs.families import not_cifar
from resnet_core.labs.question import Question
from resnet_core.labs.tools.columns import RUN

BlockName = Annotated[str, StringConstraints(pattern=r"^layer[123]\.\d{1,3}$")]


class Settings(laboratory.Settings):
    """Which blocks are taken out or swapped first, and where the error is measured."""

    removed: tuple[BlockName, ...] = Field(
        (),
        max_length=1000,
        description="Blocks to remove together, such as layer1.1,layer2.2; empty: none.",
    )
    swapped: tuple[BlockName, ...] = Field(
        (),
        max_length=2,
        description="Two blocks of one stage and of one shape to swap, such as "
        "layer2.1,layer2.2; empty: none.",
    )
    measured_on: Literal["test", "train"] = Field(
        "test", description="The images on which the error is measured: test or training set."
    )
    images: int = Field(
        1000, ge=10, le=10_000, description="Images on which the error is measured, at most."
    )

    @field_validator("removed")
    @classmethod
    def _once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(value)) < len(value):
            raise ValueError("names a block twice; name each block once")
        return value

    @field_validator("swapped")
    @classmethod
    def _pair(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if not value:
            return value
        both = sorted(set(value) & set(info.data.get("removed", ())))
        if both:
            raise ValueError(f"names {both[0]}, which is removed; swap blocks that stay")
        if len(set(value)) != 2:
            raise ValueError("needs two different blocks or none, such as layer2.1,layer2.2")
        first, second = (name.split(".") for name in value)
        if first[0] != second[0]:
            raise ValueError("needs two blocks of one stage, such as layer2.1,layer2.2")
        if first[0] != "layer1" and "0" in (first[1], second[1]):
            raise ValueError(
                f"{first[0]}.0 halves the feature map, so no other block fits in its place; "
                f"use for example {first[0]}.1,{first[0]}.2"
            )
        return value


_BOTH = (
    "With one block removed, the error of {plain_label} becomes {plain:.1f} % on average over its "
    "{plain_blocks} blocks ({plain_whole:.1f} % whole) and that of {residual_label} "
    "{residual:.1f} % over its {residual_blocks} ({residual_whole:.1f} % whole)"
)

QUESTION = Question(
    name="lesion",
    settings=Settings,
    findings={
        "chosen": "With the chosen blocks ({blocks}) removed or swapped, {label} is wrong on "
        "{error:.1f} % of the images; whole, on {whole:.1f} %.",
        "holds": _BOTH
        + ": the network with shortcuts loses less, as Veit et al. (2016) found of theirs.",
        "fails": _BOTH
        + ": the network with shortcuts does not lose less here, so what Veit et al. (2016) found "
        "did not hold.",
        "close": _BOTH + ": what the two lose differs by less than {margin:.1f} points, which "
        "{images} images cannot tell apart.",
        "alone": "With one block removed, the error of {label} becomes {error:.1f} % on average "
        "over its {blocks} blocks ({whole:.1f} % whole). Choose a plain and a residual network of "
        "the same depth to compare them.",
        "down_sampling_worse": "In {label} the blocks that halve the feature map stand out: "
        "removing one costs {down:.1f} points on average, removing any other {others:.1f}.",
        "down_sampling_alike": "In {label} the blocks that halve the feature map do not stand "
        "out: removing one costs {down:.1f} points on average, removing any other {others:.1f}.",
        "swaps_milder": "Swapping two neighbours within a stage costs {residual_label} "
        "{residual:.1f} points on average and {plain_label} {plain:.1f}: the blocks of the network "
        "with shortcuts mind their order less.",
        "swaps_not_milder": "Swapping two neighbours within a stage costs {residual_label} "
        "{residual:.1f} points on average and {plain_label} {plain:.1f}: the blocks of the network "
        "with shortcuts do not mind their order less here.",
    },
    tables={
        "chosen": (*RUN, "blocks", "error", "whole"),
        "removals": (*RUN, "block", "place", "changes_size", "error", "whole"),
        "swaps": (*RUN, "blocks", "place", "error", "whole"),
    },
    runs=("one-minute-plain-20-seed-0", "one-minute-resnet-20-seed-0"),
    most_runs=4,
    accepts=not_cifar,
    code=(
        ("resnet_core/labs/lesion/run.py", "what_is_left"),
        ("resnet_core/labs/lesion/run.py", "lesioned"),
        ("resnet_core/labs/lesion/run.py", "error"),
    ),
)
