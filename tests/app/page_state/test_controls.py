"""Controls made from the fields of a model."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field

from app.page_state.controls import Control, bounds, choices, step_of


class Everything(BaseModel):
    """A field of each kind."""

    choice: Literal["a", "b"] = "a"
    numbers: Literal[1, 2, 3, 4, 5, 6, 7] = 1
    several: tuple[Literal["x", "y", "z"], ...] = ("y",)
    names: tuple[Annotated[str, Field(max_length=9)], ...] = ()
    steps: int = Field(10, ge=1, lt=20)
    many: int = Field(10, ge=1)
    share: float = Field(0.5, ge=0, le=1)
    rate: float = Field(0.1, gt=0, le=10)
    on: bool = True


FIELDS = Everything.model_fields


def test_a_fields_type_and_bounds_decide_its_control() -> None:
    kinds = {name: Control.of(info).kind for name, info in FIELDS.items()}
    assert kinds == {
        "choice": "buttons",
        "numbers": "list",
        "several": "several",
        "names": "text",
        "steps": "slider",
        "many": "number",
        "share": "slider",
        "rate": "number",  # over decades
        "on": "switch",
    }


def test_the_values_of_a_literal_are_the_choices_also_within_a_tuple() -> None:
    assert choices(FIELDS["choice"]) == ("a", "b")
    assert choices(FIELDS["several"]) == ("x", "y", "z")
    assert choices(FIELDS["names"]) == choices(FIELDS["steps"]) == ()


@pytest.mark.parametrize(
    ("field", "low", "high"),
    [("steps", 1, 19), ("many", 1, None), ("share", 0.0, 1.0), ("choice", None, None)],
)
def test_bounds_are_the_fields_own(field: str, low: object, high: object) -> None:
    assert bounds(FIELDS[field]) == (low, high)


def test_an_open_bound_is_just_within() -> None:
    low, high = bounds(FIELDS["rate"])
    assert 0 < low < 1e-6
    assert high == 10


@pytest.mark.parametrize(("span", "step"), [(1, 0.01), (0.5, 0.005), (300, 2), (1e-3, 1e-5)])
def test_a_slider_has_about_a_hundred_steps_of_a_round_size(span: float, step: float) -> None:
    assert step_of(span) == pytest.approx(step)


def test_what_was_chosen_of_several_keeps_its_order() -> None:
    control = Control.of(FIELDS["several"])
    assert control.read(["x", "y", "z"], ("z", "x")) == ("z", "x", "y")
    assert control.read(["y"], ("z", "y")) == ("y",)


def test_text_is_read_as_the_fields_type() -> None:
    assert Control.of(FIELDS["names"]).read("p, q", ()) == ("p", "q")
