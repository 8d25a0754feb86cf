"""The error after a block of a trained network is removed, or two blocks are swapped."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationInfo, field_validator

from resnet_core.errors import InvalidSetting
from resnet_core.labs.catalog import Beside, Distinct, LabSettings, Question, not_cifar
from resnet_core.labs.events import RUN

BlockName = Annotated[str, StringConstraints(pattern=r"^layer[123]\.\d{1,3}$")]


class Settings(LabSettings):
    """Blocks to remove or swap first, and the images on which errors are measured."""

    removed: Annotated[tuple[BlockName, ...], Field(max_length=1000), Distinct] = ()
    swapped: tuple[BlockName, ...] = Field((), max_length=2)
    measured_on: Literal["test", "train"] = "test"
    images: int = Field(200, ge=10, le=10_000)

    @field_validator("swapped")
    @classmethod
    def _two_of_one_stage(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if not names:
            return names
        both = sorted(set(names) & set(info.data.get("removed", ())))
        if both:
            raise InvalidSetting("swapped", "labs.swapped_and_removed", block=both[0])
        if len(set(names)) != 2:
            raise InvalidSetting("swapped", "labs.swap_two")
        first, second = (name.split(".") for name in names)
        if first[0] != second[0]:
            raise InvalidSetting("swapped", "labs.swap_one_stage")
        if first[0] != "layer1" and "0" in (first[1], second[1]):
            raise InvalidSetting("swapped", "labs.swap_halving", stage=first[0])
        return names


QUESTION = Question(
    name="lesion",
    settings=Settings,
    tables={
        "chosen": (*RUN, "blocks", "error", "whole"),
        "removals": (*RUN, "block", "place", "changes_size", "error", "whole"),
        "swaps": (*RUN, "blocks", "place", "error", "whole"),
    },
    runs=("paper-8000-plain-56-seed-0", "paper-8000-resnet-56-seed-0"),
    beside=Beside(("one-minute-plain-20-seed-0", "one-minute-resnet-20-seed-0"), {"images": 1000}),
    most_runs=4,
    accepts=not_cifar,
    version=2,
    code=(
        ("resnet_core/labs/lesion/run.py", "replacement"),
        ("resnet_core/labs/lesion/run.py", "lesioned"),
        ("resnet_core/labs/tools/chain.py", "Chain"),
    ),
)
