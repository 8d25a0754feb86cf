"""The state of a laboratory's page in a URL, and the arguments of its controls."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import Field

from app.widgets.laboratory.state import how_to_show, setting_label, state_type
from app.widgets.laboratory.state import with_usable_networks as usable
from resnet_core.labs import catalog
from resnet_core.labs.catalog import LabSettings, Question


class Everything(LabSettings):
    """A field of each kind that a laboratory may have."""

    choice: Literal["a", "b"] = "a"
    numbers: Literal[20, 56] = 20
    several: tuple[Literal["x", "y", "z"], ...] = ("y",)
    names: tuple[Annotated[str, Field(max_length=9)], ...] = ()
    steps: int = Field(10, ge=1, lt=20)
    share: float = Field(0.5, ge=0, le=1)
    on: bool = True


EVERYTHING = Question("q", Everything, {}, runs=("run-1",), most_runs=2)


def test_a_state_and_its_address_say_the_same() -> None:
    kind = state_type(EVERYTHING)
    settings = Everything(several=("z", "x"), share=0.25, on=False, names=("p", "q"), numbers=56)
    state = kind(settings=settings, here=True)
    query = state.to_query()
    assert query == {
        "several": "z,x",
        "share": "0.25",
        "on": "false",
        "names": "p,q",
        "numbers": "56",
        "here": "true",
    }
    assert kind.from_query(query) == (state, {})
    assert kind.from_query({**query, "here": "1"}) == (state, {})  # as it was spelled before


def test_the_standard_state_has_an_empty_address() -> None:
    for name in catalog.NAMES:
        state = state_type(catalog.question(name))()
        assert state.to_query() == {}
        assert state.runs == catalog.question(name).runs


def test_one_unusable_value_costs_no_other() -> None:
    question = catalog.question("microscope")
    query = {"depth": "99", "layers": "3", "target": "<script>", "nonsense": "1"}
    state, errors = state_type(question).from_query(query)
    assert state.settings == question.settings(layers=3)
    assert set(errors) == {"depth", "target", "nonsense"}
    assert "use at most 20" in str(errors["depth"])


def test_fields_that_do_not_go_together_give_way_to_the_defaults() -> None:
    query = {"removed": "layer2.1", "swapped": "layer2.1,layer2.2"}
    state, errors = state_type(catalog.question("lesion")).from_query(query)
    assert "swapped" not in state.to_query()
    assert set(errors) == {"swapped"}


@pytest.mark.parametrize("runs", ["no-such-run", "../../x", "a" * 5000, ",,,x"])
def test_networks_that_cannot_be_used_give_way_to_the_default(home: object, runs: str) -> None:
    question = catalog.question("lesion")
    query = {"runs": runs}
    state, refused = usable(question, state_type(question).from_query(query)[0], query)
    assert state.runs == question.runs
    assert refused is not None


def test_every_control_has_a_label_and_help_in_the_catalogue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("app.widgets.laboratory.state.language", lambda: "ko")
    for name in catalog.NAMES:
        question = catalog.question(name)
        for field in question.settings.model_fields:
            assert how_to_show(question, field)["help"]
            assert setting_label(name, field)
