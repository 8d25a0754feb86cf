"""How charts are looked at, in a URL: the zoom's and the time's own rules."""

from __future__ import annotations

import pytest

from app.page_state.view import View, is_run_id


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x", "metres"),
        ("order", "Layer"),
        ("smooth", "0.99"),
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
    view, errors = View.from_query({name: text})
    assert view == View()
    assert list(errors) == [name]


def test_numbers_keep_six_digits() -> None:
    view = View(at=12345.678, zoom=(0.12345678, 1.0, 2.0, 3.0))
    assert view.to_query() == {"at": "12345.7", "zoom": "0.123457,1,2,3"}


@pytest.mark.parametrize(
    "bad", ["../etc", "a", "ABCDE", "x" * 65, "abcd/efgh", "abcd\u202e", "-abcd"]
)
def test_only_run_ids_are_taken_for_runs(bad: str) -> None:
    assert not is_run_id(bad)
