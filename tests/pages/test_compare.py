"""The Compare page without a browser: none, one, two hundred and broken runs; the URL."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app.language.texts import LANGUAGES, say
from app.page_data import puzzle
from app.page_state.view import CompareState
from resnet_core.runs import queries
from resnet_core.runs.folder import of_run
from tests.app.runs_on_record import put_on_record
from tests.opened_page import opened

ROOT = Path(__file__).resolve().parents[2]
_open = partial(opened, "compare")


@pytest.fixture(autouse=True)
def nothing_recorded(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "RECORDED", tmp_path / "recorded")


def _chosen(test: AppTest) -> list[str]:
    return list(test.multiselect[0].value)


def _control(test: AppTest, kind: str, field: str):  # type: ignore[no-untyped-def]
    return next(one for one in test.get(kind) if one.key.endswith(f".{field}"))


def test_without_runs_it_says_what_to_do() -> None:
    test = _open()
    assert len(test.info) == 1
    assert not test.multiselect


def test_a_first_visit_shows_what_was_started_together_last() -> None:
    for number in range(3):
        put_on_record(f"alone-{number}", seed=number)
    fields = {"group": "pair"}
    put_on_record("one-of-two", "cifar/plain-20", fields=fields)
    put_on_record("two-of-two", "cifar/resnet-20", fields=fields)
    test = _open()
    assert _chosen(test) == ["one-of-two", "two-of-two"]
    assert _query(test, "runs") == "one-of-two,two-of-two"


@pytest.fixture
def what_ships(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "RECORDED", ROOT / "assets" / "recorded")


@pytest.mark.usefixtures("what_ships")
def test_a_first_visit_before_any_training_shows_what_the_home_page_begins_with() -> None:
    first = [run.id for run in puzzle.first_recording()]
    assert _chosen(_open()) == first
    put_on_record("alone")
    assert _chosen(_open()) == first


@pytest.mark.usefixtures("what_ships")
def test_what_was_started_here_together_comes_before_recordings() -> None:
    for name in ("one-of-two", "two-of-two"):
        put_on_record(name, fields={"group": "pair"})
    assert _chosen(_open()) == ["one-of-two", "two-of-two"]


@pytest.mark.usefixtures("what_ships")
@pytest.mark.parametrize("language", LANGUAGES)
def test_recorded_sets_are_called_as_on_the_home_page(language: str) -> None:
    labels = {one.key.rpartition(".")[2]: one.label for one in _open(lang=language).button}
    recorded = say(language, "compare.recorded")
    for group in puzzle.recorded_groups():
        named = say(language, f"home.set.{group}")
        assert labels[group] == f"{named} · {recorded}"


def test_one_run_is_shown_by_itself() -> None:
    put_on_record("only")
    assert _chosen(_open()) == ["only"]


def test_choosing_none_is_kept_and_is_no_error() -> None:
    put_on_record("only")
    test = _open()
    test.multiselect[0].set_value([]).run()
    assert not test.exception
    assert _chosen(test) == []
    assert _chosen(_open(runs="")) == []


def test_two_hundred_runs_and_a_broken_one() -> None:
    ids = [put_on_record(f"run-{number:03}", seed=number).id for number in range(200)]
    put_on_record("broken")
    of_run("broken").compacted.write_bytes(b"nothing")
    test = _open(runs=",".join([*ids, "broken"]))
    assert _chosen(test) == [*ids, "broken"]


def test_ids_that_nobody_has_give_a_sentence_and_the_rest_is_shown() -> None:
    put_on_record("here-1")
    test = _open(runs="here-1,gone-1,gone-2", x="epochs")
    assert _chosen(test) == ["here-1"]
    assert "gone-1, gone-2" in test.warning[0].value


@pytest.mark.parametrize("bad", ["../../etc", "<b>x</b>", "\u202e\u202e\u202e\u202e", "UPPER"])
def test_what_is_no_id_is_left_out_with_a_sentence(bad: str) -> None:
    put_on_record("here-1")
    test = _open(runs=f"here-1,{bad}")
    assert _chosen(test) == ["here-1"]
    assert len(test.warning) == 1


def test_the_url_sets_every_control() -> None:
    put_on_record("run-1")
    test = _open(
        runs="run-1", x="seconds", order="sorted", smooth="0.5", log="1", error="fixed",
        at="120", hidden="plain-20", zoom="0,100,0,50",
    )  # fmt: skip
    assert _control(test, "button_group", "x").value == "seconds"
    assert _control(test, "button_group", "layers").value == "sorted"
    assert _control(test, "slider", "smooth").value == 0.5
    assert _control(test, "toggle", "log").value is True
    assert _control(test, "button_group", "error").value == "fixed"
    # What only the charts know stays as it was.
    assert _query(test, "at") == "120"
    assert _query(test, "hidden") == "plain-20"
    assert _query(test, "zoom") == "0,100,0,50"


@pytest.mark.parametrize("name", ["x", "order", "smooth", "log", "error", "heat", "at", "zoom"])
def test_a_bad_value_gives_a_sentence_and_the_default(name: str) -> None:
    put_on_record("run-1")
    test = _open(runs="run-1", **{name: "nonsense"})
    assert "cannot be used, so the default is shown" in test.warning[0].value
    assert name not in test.query_params


def test_a_control_changes_the_url_and_the_language_stays() -> None:
    put_on_record("run-1")
    test = _open(runs="run-1", lang="ko")
    _control(test, "slider", "smooth").set_value(0.8).run()
    assert not test.exception
    assert _query(test, "smooth") == "0.8"
    assert _query(test, "lang") == "ko"
    assert _query(test, "runs") == "run-1"


def test_a_curve_whose_name_has_a_bar_comes_back_as_one() -> None:
    put_on_record("run-1", name="first | second")
    hidden = CompareState(runs=("run-1",), hidden=("first | second", "plain-20")).to_query()
    test = _open(**hidden)
    assert _query(test, "hidden") == hidden["hidden"]
    state, errors = CompareState.from_query(hidden)
    assert (state.hidden, errors) == (("first | second", "plain-20"), {})
    old, _ = CompareState.from_query({"hidden": "plain-20|resnet-56"})
    assert old.hidden == ("plain-20", "resnet-56")


def test_one_click_chooses_a_whole_group() -> None:
    fields = {"group": "pair"}
    put_on_record("one-of-two", "cifar/plain-20", fields=fields)
    put_on_record("two-of-two", "cifar/resnet-20", fields=fields)
    put_on_record("other")
    test = _open(runs="other")
    (button,) = [button for button in test.button if button.key.endswith(".pair")]
    assert button.label.startswith("plain-20, ResNet-20 · ")
    button.click().run()
    assert not test.exception
    assert _chosen(test) == ["one-of-two", "two-of-two"]
    assert _query(test, "runs") == "one-of-two,two-of-two"


def _query(test: AppTest, name: str) -> str:
    """A parameter of the URL; AppTest gives it as text or as a list of texts."""
    value = test.query_params[name]
    return value if isinstance(value, str) else value[0]
