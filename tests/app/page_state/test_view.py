"""What a page shows, to the URL and back; bad values fall back and are named."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.page_state.view import AXES, MEASURES, ORDERS, CompareState, PuzzleState, View, is_run_id

_ids = st.from_regex(r"[a-z0-9][a-z0-9-]{3,20}", fullmatch=True)
_six_digits = st.floats(0, 1e6).map(lambda value: float(f"{value:.6g}"))
_labels = st.text("abcABC 0123456789-=()", min_size=1, max_size=20)
_views = st.builds(
    View,
    x=st.sampled_from(AXES),
    order=st.sampled_from(ORDERS),
    log=st.booleans(),
    smooth=st.floats(0, 0.95).map(lambda value: float(f"{value:.3g}")),
    error=st.sampled_from(MEASURES),
    heat=st.booleans(),
    at=st.none() | _six_digits,
    hidden=st.lists(_labels, max_size=3).map(tuple),
    zoom=st.none()
    | st.tuples(_six_digits, _six_digits, _six_digits, _six_digits).filter(
        lambda z: z[0] < z[1] and z[2] < z[3]
    ),
)


@given(ids=st.lists(_ids, unique=True, max_size=5), view=_views)
def test_a_state_comes_back_from_its_url(ids: list[str], view: View) -> None:
    state = CompareState(tuple(ids), view)
    assert CompareState.from_query(state.to_query()) == (state, [])


def test_defaults_leave_the_url_short() -> None:
    assert CompareState(("abcd",)).to_query() == {"runs": "abcd"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x", "metres"),
        ("order", "Layer"),
        ("log", "yes"),
        ("smooth", "0.99"),
        ("smooth", "nan"),
        ("at", "inf"),
        ("at", "-1"),
        ("at", "1e99"),
        ("heat", ""),
        ("error", "test"),
        ("zoom", "1,2,3"),
        ("zoom", "2,1,0,1"),
        ("zoom", "a,b,c,d"),
    ],
)
def test_a_bad_value_falls_back_to_the_default_and_is_named(name: str, text: str) -> None:
    view, unusable = View.from_query({name: text})
    assert view == View()
    assert unusable == [name]


@pytest.mark.parametrize(
    "bad", ["../etc", "a", "ABCDE", "x" * 65, "abcd/efgh", "abcd\u202e", "-abcd"]
)
def test_only_run_ids_are_taken_for_runs(bad: str) -> None:
    assert not is_run_id(bad)
    state, unusable = CompareState.from_query({"runs": f"good-1,{bad}"})
    assert state.runs == ("good-1",)
    assert unusable == [bad[:40]]


def test_repeated_and_very_many_runs_are_bounded() -> None:
    ids = ",".join(f"run-{n}" for n in range(2000)) + ",run-0"
    state, unusable = CompareState.from_query({"runs": ids})
    assert len(state.runs) == len(set(state.runs)) == 400
    assert not unusable


def test_the_home_pages_group() -> None:
    assert PuzzleState.from_query({}) == PuzzleState("")
    assert PuzzleState.from_query({"run": "20260101-abcdef"}).run == "20260101-abcdef"
    assert len(PuzzleState.from_query({"run": "x" * 999}).run) == 64
