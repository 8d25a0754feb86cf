"""The laboratories' pages without a browser: what they show, start, stop and say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app import services
from app.language.texts import say
from app.page_data.chapters import CHAPTERS, chapters
from app.router import laboratories
from resnet_core.errors import PlaygroundError
from resnet_core.labs.results import results
from resnet_core.labs.results.request import LabRequest
from resnet_core.paper.detection import TABLE_7, TABLE_8
from resnet_core.runs import queries
from tests.app.labs_on_record import LAB, put_recording, put_result

PAGES = Path(__file__).resolve().parents[2] / "pages"


@pytest.fixture(autouse=True)
def nobody_works(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "ensure_supervisor", lambda: None)


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LabRequest:
    """One recorded result, and no recorded runs."""
    monkeypatch.setattr(queries, "RECORDED", tmp_path / "recorded")
    return put_recording(tmp_path / "recorded")


@pytest.fixture
def unrecorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "RECORDED", tmp_path / "nothing")


def _open(page: str = f"labs/{LAB}", **query: str) -> AppTest:
    test = AppTest.from_file(str(PAGES / f"{page}.py"), default_timeout=120)
    for name, value in query.items():
        test.query_params[name] = value
    test.run()
    assert not test.exception
    return test


def _figures(test: AppTest) -> dict[str, Any]:
    """What the live figures were asked to show."""
    live = [json.loads(part.proto.json) for part in test.main if part.type == "bidi_component"]
    (figures,) = [data for data in live if "paper" in data]
    return figures


def _query(test: AppTest) -> dict[str, str]:
    parameters = test.query_params.items()
    return {name: value if isinstance(value, str) else value[0] for name, value in parameters}


def _slider(test: AppTest, label: str) -> Any:
    (found,) = [slider for slider in test.slider if slider.label == label]
    return found


@pytest.mark.parametrize("name", laboratories())
@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_laboratory_opens(name: str, language: str) -> None:
    test = _open(f"labs/{name}", lang=language)
    assert test.title[0].value
    assert not test.error
    assert not test.warning
    assert _figures(test)["paper"]
    assert _query(test) == {"lang": language}  # nothing is told that nobody chose


def test_the_recorded_result_is_there_at_once(recorded: LabRequest) -> None:
    figures = _figures(_open())
    assert figures["id"] == LAB
    assert (figures["notice"], figures["stale"], figures["active"]) == ("", False, False)


def test_with_nothing_recorded_it_says_what_to_do(unrecorded: None) -> None:
    figures = _figures(_open())
    assert (figures["id"], figures["query"]) == ("", "")
    assert "run it here" in figures["notice"]


def test_run_asks_and_the_page_follows(recorded: LabRequest) -> None:
    test = _open()
    test.button(key="lab.run").click().run()
    assert not test.exception
    assert results.read(recorded.id).state == "queued"
    assert _figures(test)["id"] == recorded.id
    assert _figures(test)["active"] is True
    assert _query(test) == {"here": "true"}
    # Beside the buttons that set another target.
    keys = [button.key or "" for button in test.button]
    assert [key for key in keys if key.startswith("lab.")] == ["lab.stop"]


def test_stop_stops_and_it_can_be_tried_again(recorded: LabRequest) -> None:
    test = _open()
    test.button(key="lab.run").click().run()
    test.button(key="lab.stop").click().run()
    test.run()
    assert not test.exception
    assert results.read(recorded.id).state == "stopped"
    assert test.button(key="lab.run").label == "Try again"
    test.button(key="lab.run").click().run()
    assert results.read(recorded.id).state == "queued"


def test_the_recorded_result_is_one_click_away(recorded: LabRequest) -> None:
    put_result(recorded, "failed", [], reason="The disk is full.")
    test = _open(here="1")
    assert _figures(test)["id"] == recorded.id
    test.button(key="lab.recorded").click().run()
    assert not test.exception
    assert _figures(test)["id"] == LAB
    assert _query(test) == {}


def test_changed_settings_are_in_the_address_and_what_is_shown_is_called_old(
    recorded: LabRequest,
) -> None:
    test = _open()
    _slider(test, "Blocks").set_value(5).run()
    assert not test.exception
    assert _query(test) == {"depth": "5"}
    figures = _figures(test)
    assert (figures["id"], figures["stale"]) == (LAB, True)
    assert "no result yet" in figures["notice"]
    test.button(key="lab.run").click().run()
    assert _figures(test)["id"] == LabRequest.create(LAB, depth=5).id
    assert _figures(test)["stale"] is False


def test_an_address_finds_what_was_computed_here(recorded: LabRequest) -> None:
    request = LabRequest.create(LAB, depth=5, target="zero")
    put_result(request)
    test = _open(depth="5", target="zero")
    assert _figures(test)["id"] == request.id
    assert _slider(test, "Blocks").value == 5


def test_an_address_of_what_was_not_computed_here_offers_to_run_it(recorded: LabRequest) -> None:
    test = _open(depth="5")
    figures = _figures(test)
    assert (figures["id"], figures["stale"]) == (LAB, True)
    assert "not computed on this machine" in figures["notice"]
    assert not test.button(key="lab.run").disabled
    assert _slider(test, "Blocks").value == 5


def test_a_bad_parameter_gives_one_sentence_and_the_default(recorded: LabRequest) -> None:
    test = _open(depth="99")
    assert len(test.warning) == 1
    assert "Blocks" in test.warning[0].value
    assert _slider(test, "Blocks").value == 10
    assert _figures(test)["id"] == LAB


@pytest.mark.parametrize("value", ["<script>alert(1)</script>", "../../x", "\u202e", "a" * 5000])
@pytest.mark.parametrize("field", ["depth", "target", "runs", "seed", "nonsense"])
def test_nonsense_in_an_address_is_a_sentence(recorded: LabRequest, field: str, value: str) -> None:
    test = _open(**{field: value})
    assert len(test.warning) == 1
    assert _figures(test)["id"] == LAB


def test_a_refusal_is_a_sentence(recorded: LabRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PlaygroundError("stored", text="The disk is full; free some space.")

    monkeypatch.setattr(services.laboratories, "retry", refuse)
    test = _open()
    test.button(key="lab.run").click().run()
    assert not test.exception
    assert [error.value for error in test.error] == ["The disk is full; free some space."]


def test_without_networks_it_says_where_to_train_one(unrecorded: None) -> None:
    test = _open("labs/lesion")
    assert "Train one" in test.info[0].value
    assert test.button(key="lab.run").disabled


def test_the_page_says_which_data_its_answer_is_of_and_shows_the_other() -> None:
    test = _open("labs/backward")
    (said,) = [part.value for part in test.markdown if "This answer is of" in part.value]
    assert "photographs" in said
    test.button(key="lab.other_data").click().run()
    assert not test.exception
    beside = LabRequest.beside("backward")
    assert beside is not None
    figures = _figures(test)
    assert (figures["id"], figures["notice"], figures["stale"]) == (beside.id, "", False)
    (said,) = [part.value for part in test.markdown if "This answer is of" in part.value]
    assert "of synthetic shapes" in said
    test.button(key="lab.other_data").click().run()
    assert _figures(test)["id"] == "backward"
    assert _query(test) == {}


def test_the_overview_is_a_path_of_all_questions_without_their_results() -> None:
    test = _open("why")
    said = [part.value for part in test.markdown]
    assert [part.value for part in test.header] == [
        say("en", f"labs.common.chapter.{chapter}") for chapter in CHAPTERS
    ]
    order = [name for names in chapters(laboratories()).values() for name in names]
    assert sorted(order) == sorted(laboratories())
    titles = [say("en", f"labs.{name}.title") for name in order]
    numbered = [f"**{number}. {title}**" for number, title in enumerate(titles, start=1)]
    assert [text for text in said if text.startswith("**")] == numbered
    assert not any("residual form wins" in text for text in said)


def test_the_overview_marks_what_was_visited_and_says_its_result() -> None:
    test = AppTest.from_file(str(PAGES / "why.py"), default_timeout=120)
    test.session_state["labs.visited"] = {"lesion"}
    test.run()
    said = [part.value for part in test.markdown]
    (marked,) = [text for text in said if say("en", "labs.common.visited") in text]
    assert say("en", "labs.lesion.title") in marked
    recorded = results.recorded("lesion")
    assert recorded is not None
    assert " ".join(recorded.in_short("en")) in said


def test_a_question_comes_before_the_result_unless_the_url_names_one() -> None:
    ask = _figures(_open("labs/lesion"))["ask"]
    assert ask["question"] == say("en", "labs.lesion.ask.question")
    assert len(ask["options"]) == 3
    assert _figures(_open("labs/lesion", images=100))["ask"] is None


def test_the_papers_detection_tables_stand_beside_heads_for_boxes() -> None:
    test = _open("labs/transfer")
    (shown,) = [part.proto.body for part in test.main if part.type == "html"]
    for figure in ("73.2", "76.4", "70.4", "73.8", "41.5", "48.4", "21.2", "27.2", "+6.9", "+6.0"):
        assert f"<td>{figure}</td>" in shown
    assert len([one for one in (*TABLE_7, *TABLE_8) if one.gain > 0]) == 4
