"""Controls made from a settings class, and the bench in a URL."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import Field

from app.widgets.laboratory import controls
from app.widgets.laboratory.bench import Bench
from resnet_core.labs import catalog
from resnet_core.labs import question as laboratory


class Everything(laboratory.LabSettings):
    """A field of each kind that a laboratory may have."""

    choice: Literal["a", "b"] = Field("a", description="One of few.")
    numbers: Literal[20, 56] = Field(20, description="Numbers, too.")
    several: tuple[Literal["x", "y", "z"], ...] = Field(("y",), description="Some of these.")
    names: tuple[Annotated[str, Field(max_length=9)], ...] = Field((), description="Any.")
    steps: int = Field(10, ge=1, lt=20, description="Whole.")
    many: int = Field(10, ge=1, description="No upper bound.")
    share: float = Field(0.5, ge=0, le=1, description="From 0 to 1.")
    rate: float = Field(0.1, gt=0, le=10, description="Over decades.")
    on: bool = Field(True, description="Yes or no.")


FIELDS = Everything.model_fields


def test_the_values_of_a_literal_are_the_choices_also_within_a_tuple() -> None:
    assert controls.choices(FIELDS["choice"]) == ("a", "b")
    assert controls.choices(FIELDS["numbers"]) == (20, 56)
    assert controls.choices(FIELDS["several"]) == ("x", "y", "z")
    assert controls.choices(FIELDS["names"]) == controls.choices(FIELDS["steps"]) == ()


@pytest.mark.parametrize(
    ("field", "low", "high"),
    [("steps", 1, 19), ("many", 1, None), ("share", 0.0, 1.0), ("choice", None, None)],
)
def test_bounds_are_the_fields_own(field: str, low: object, high: object) -> None:
    assert controls.bounds(FIELDS[field]) == (low, high)


def test_an_open_bound_is_just_within() -> None:
    low, high = controls.bounds(FIELDS["rate"])
    assert 0 < low < 1e-6
    assert high == 10


@pytest.mark.parametrize(("span", "step"), [(1, 0.01), (0.5, 0.005), (300, 2), (1e-3, 1e-5)])
def test_a_slider_has_about_a_hundred_steps_of_a_round_size(span: float, step: float) -> None:
    assert controls._step(span) == pytest.approx(step)


def test_a_bench_and_its_address_say_the_same() -> None:
    question = laboratory.Question("q", Everything, {}, runs=("run-1",), most_runs=2)
    settings = Everything(several=("z", "x"), share=0.25, on=False, names=("p", "q"), numbers=56)
    bench = Bench(settings, ("run-1",), here=True)
    query = bench.to_query(question)
    assert query == {
        "several": "z,x",
        "share": "0.25",
        "on": "false",
        "names": "p,q",
        "numbers": "56",
        "here": "1",
    }
    assert Bench.from_query(question, query) == (bench, [])


def test_the_standard_bench_has_an_empty_address() -> None:
    question = catalog.question("microscope")
    assert Bench.standard(question).to_query(question) == {}


def test_one_unusable_value_costs_no_other() -> None:
    question = catalog.question("microscope")
    query = {"depth": "99", "layers": "3", "target": "<script>", "nonsense": "1"}
    bench, problems = Bench.from_query(question, query)
    assert bench.settings == question.settings(layers=3)
    assert len(problems) == 3
    assert "use at most 20" in problems[1] or "use at most 20" in problems[0]
    assert "nonsense" in problems[-1]


def test_fields_that_do_not_go_together_give_way_to_the_defaults() -> None:
    question = catalog.question("lesion")
    query = {"removed": "layer2.1", "swapped": "layer2.1,layer2.2"}
    bench, problems = Bench.from_query(question, query)
    assert bench.settings == question.settings()
    assert len(problems) == 1


@pytest.mark.parametrize("runs", ["no-such-run", "../../x", "a" * 5000, ",,,x"])
def test_networks_that_cannot_be_looked_at_give_way_to_the_default(home: object, runs: str) -> None:
    question = catalog.question("lesion")
    bench, problems = Bench.from_query(question, {"runs": runs})
    assert bench.runs == question.runs
    assert len(problems) == 1
