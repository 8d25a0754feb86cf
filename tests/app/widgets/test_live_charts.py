"""The Python side of the live charts, and that both sides speak of the same things."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args
from urllib.parse import parse_qs

import pytest

from app.language.texts import catalogue
from app.page_state.view import View
from app.server import answers
from app.server.chart_answers import ChartRequest
from app.widgets.live_charts import live_charts
from resnet_core.runs.record import State

_FOLDER = Path(live_charts.__file__).parent


def _modules() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in _FOLDER.glob("*.mjs"))


def test_the_browsers_requests_are_understood_by_the_routes() -> None:
    view = View(x="epochs", order="sorted", log=True, smooth=0.5, at=12.0, hidden=("plain-20",))
    data = live_charts._data(["run-1", "run-2"], view, False, True, False, False, "none")
    query = {name: values[0] for name, values in parse_qs(data["query"]).items()}
    request, errors = ChartRequest.from_query(query)
    assert not errors
    assert request.runs == ("run-1", "run-2")
    assert request.view == view.changed(at=None, hidden=(), zoom=None)
    assert (data["at"], data["hidden"], data["zoom"]) == (12.0, ["plain-20"], None)
    assert data["routes"] == answers.routes_path()


def test_without_runs_there_is_nothing_to_ask() -> None:
    assert live_charts._data([], View(), False, False, False, False, "Do this.")["query"] == ""


def test_every_word_that_the_modules_say_is_sent_and_none_for_nothing() -> None:
    said = set(re.findall(r"\bwords\.(\w+)", _modules()))
    assert said == set(live_charts._words())
    assert set(live_charts._words()["at"]) == {"iterations", "epochs", "seconds"}


def test_every_field_that_the_modules_read_is_sent() -> None:
    data = live_charts._data(["run-1"], View(), False, False, False, False, "")
    read = set(re.findall(r"\bdata\.(\w+)", _modules()))
    # Plotly's points and graphs have `data`, too: traces, with these properties.
    assert read - {"map", "some", "find", "forEach", "meta"} <= set(data)


@pytest.mark.parametrize(
    ("seen", "at", "hidden", "zoom"),
    [
        (None, 5.0, ("a",), None),
        ({"at": None, "hidden": [], "zoom": None}, None, (), None),
        ({"at": 7, "hidden": ["x", "y"], "zoom": [0, 10, 0, 50]}, 7.0, ("x", "y"), (0, 10, 0, 50)),
        ({"at": -3, "hidden": [], "zoom": [5, 1, 0, 1]}, None, (), None),
    ],
)
def test_what_a_browser_says_is_checked_like_a_url(
    seen: object, at: object, hidden: object, zoom: object
) -> None:
    view = live_charts._with_change(View(at=5.0, hidden=("a",)), seen)
    assert (view.at, view.hidden, view.zoom) == (at, hidden, zoom)


@pytest.mark.parametrize("seen", [{"at": "soon"}, {"at": [1]}, {"zoom": 3}, {"zoom": ["a"] * 4}, 7])
def test_nonsense_from_a_browser_changes_nothing_else(seen: object) -> None:
    view = live_charts._with_change(View(x="epochs"), seen)
    assert view.x == "epochs"
    assert view.zoom is None


def test_every_state_of_a_run_has_a_word() -> None:
    assert {f"common.state.{state}" for state in get_args(State)} <= set(catalogue())
