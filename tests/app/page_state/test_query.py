"""States to the parameters of a URL and back, whatever is in them and whatever a URL says."""

from __future__ import annotations

from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field, model_validator

from app.page_state.query import PageState, Separator, settle
from resnet_core.errors import InvalidSetting


class Inner(BaseModel):
    depth: Literal[20, 56] = 20
    steps: int = Field(10, ge=1, lt=20)
    names: tuple[str, ...] = ()


class Shelf(PageState):
    """A field of each type that a page may have."""

    book: Literal["red", "blue"] = "red"
    share: float = Field(0.5, ge=0, le=1)
    open: bool = False
    search: str = ""
    at: float | None = None
    window: tuple[float, float] | None = None
    three: tuple[str, str, str] = ("", "", "")
    hidden: Annotated[tuple[str, ...], Separator("|")] = ()
    inner: Inner = Inner()


_member = st.text("ab|,\\-= 0", min_size=1).map(str.strip).filter(bool)
_plain = st.text("ab|,\\", max_size=5)
_shelves = st.builds(
    Shelf,
    book=st.sampled_from(["red", "blue"]),
    share=st.floats(0, 1),
    open=st.booleans(),
    search=_plain,
    at=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    window=st.none() | st.tuples(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9)),
    three=st.tuples(_plain, _plain, _plain),
    hidden=st.lists(_member, max_size=4).map(tuple),
    inner=st.builds(
        Inner,
        depth=st.sampled_from([20, 56]),
        steps=st.integers(1, 19),
        names=st.lists(_member, max_size=3).map(tuple),
    ),
)


@given(_shelves)
def test_every_state_comes_back_from_its_url(shelf: Shelf) -> None:
    assert Shelf.from_query(shelf.to_query()) == (shelf, {})


def test_only_what_differs_from_the_defaults_is_in_the_url() -> None:
    assert Shelf().to_query() == {}
    shelf = Shelf(open=True, at=3.0, inner=Inner(depth=56))
    assert shelf.to_query() == {"open": "true", "at": "3", "depth": "56"}


@pytest.mark.parametrize("spelling", ["true", "True", "1", "yes", "on"])
def test_older_spellings_of_a_boolean_are_read(spelling: str) -> None:
    assert Shelf.from_query({"open": spelling}) == (Shelf(open=True), {})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("book", "green"),
        ("share", "2"),
        ("share", "nan"),
        ("open", "perhaps"),
        ("at", "inf"),
        ("at", "soon"),
        ("window", "1"),
        ("window", "1,2,3"),
        ("three", "a,b"),
        ("depth", "57"),
        ("steps", "20"),
        ("steps", "²"),
        ("nonsense", "1"),
    ],
)
def test_a_bad_value_gives_way_alone_and_its_error_names_it(name: str, text: str) -> None:
    shelf, errors = Shelf.from_query({name: text, "search": "x"})
    assert shelf == Shelf(search="x")
    assert list(errors) == [name]
    assert errors[name].field == name


def test_a_url_of_thousands_of_parameters_is_read_in_bounded_time() -> None:
    _, errors = Shelf.from_query({f"n{number}": "" for number in range(5000)})
    assert len(errors) == 100


def test_a_field_of_a_model_within_is_changed_by_its_own_name() -> None:
    shelf = Shelf().changed(depth=56, book="blue")
    assert (shelf.inner.depth, shelf.book) == (56, "blue")
    assert shelf.value("depth") == 56
    with pytest.raises(InvalidSetting, match="use at least 1"):
        shelf.changed(steps=0)


def test_a_default_that_does_not_go_with_the_rest_takes_all_defaults() -> None:
    class Pair(PageState):
        low: int = 0
        high: int = 10

        @model_validator(mode="after")
        def _rising(self) -> Pair:
            if self.low > self.high:
                raise InvalidSetting("high", "stored", text=f"use at least {self.low}.")
            return self

    pair, errors = Pair.from_query({"low": "20"})
    assert pair == Pair()
    assert list(errors) == ["high"]


def test_settling_without_a_usable_default_is_an_error() -> None:
    def refuse(**values: object) -> None:
        raise InvalidSetting("x", "never.")

    with pytest.raises(InvalidSetting):
        settle(refuse, {})
