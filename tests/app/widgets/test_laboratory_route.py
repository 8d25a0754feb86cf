"""The route of laboratories: what it answers, what it refuses, what is built once for all."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.server import answers, lab_answers
from app.server import routes as api
from app.server.lab_answers import LabAnswers
from app.widgets.laboratory import laboratory
from resnet_core.labs.events import Progress, Rows
from resnet_core.labs.results.request import LabRequest
from resnet_core.labs.results.results import to_line
from resnet_core.runs import queries
from tests.app.labs_on_record import LAB, ROW, VERDICT, put_recording, put_result

ROUTE = "/playground-api/lab"


@pytest.fixture
def client(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setattr(api, "_labs", LabAnswers())
    monkeypatch.setattr(lab_answers, "_READ_AGE", 0.0)
    monkeypatch.setattr(queries, "RECORDED", tmp_path / "recorded")
    return TestClient(Starlette(routes=list(api.routes())))


def _ask(client: TestClient, lab_id: str, more: str = "") -> dict[str, Any]:
    response = client.get(f"{ROUTE}?id={lab_id}{more}")
    assert response.status_code == 200, response.text
    return response.json()


def test_a_result_with_its_verdict_and_where_it_comes_from(client: TestClient) -> None:
    answer = _ask(client, put_result(LabRequest.create(LAB)).id)
    assert (answer["state"], answer["active"], answer["poll"]) == ("finished", False, 0)
    assert [figure["key"] for figure in answer["figures"]] == ["race"]
    assert answer["figures"][0]["title"]
    assert "here the residual form wins" in answer["verdicts"][0]
    assert answer["origin"] == "Computed here"
    assert answer["status"] == "took 10 s"
    assert answer["caption"] == (
        "Networks made for this experiment alone · Seed of the experiment: 0 · "
        "Computed on this machine (a test's machine)"
    )


def test_a_recorded_result_is_asked_for_by_the_laboratorys_name(
    client: TestClient, tmp_path: Path
) -> None:
    request = put_recording(tmp_path / "recorded")
    put_result(request, state="running", events=[])  # the same is being computed here
    assert _ask(client, LAB)["origin"] == "Recorded 2026-09-21"
    assert _ask(client, request.id)["origin"] == "Running here"


def test_the_language_and_the_colours_are_the_askers(client: TestClient) -> None:
    lab_id = put_result(LabRequest.create(LAB)).id
    assert "잔차" in _ask(client, lab_id, "&lang=ko")["verdicts"][0]
    light, dark = _ask(client, lab_id), _ask(client, lab_id, "&dark=1")
    assert light["figures"] != dark["figures"]


@pytest.mark.parametrize(
    ("state", "events", "poll"),
    [
        ("queued", [], 200),
        ("running", [], 200),
        ("running", [Rows("race", [ROW])], 700),
        ("stopped", [Progress(1, 4)], 0),
        ("failed", [], 0),
    ],
)
def test_a_page_asks_as_often_as_there_can_be_news(
    client: TestClient, state: Any, events: list[Any], poll: int
) -> None:
    assert _ask(client, put_result(LabRequest.create(LAB), state, events).id)["poll"] == poll


def test_progress_comes_with_the_time_that_is_left(client: TestClient) -> None:
    answer = _ask(client, put_result(LabRequest.create(LAB), "running", [Progress(1, 4)]).id)
    assert answer["done"] == 0.25
    assert answer["status"].startswith("25 % · about ")


def test_a_failure_says_why(client: TestClient) -> None:
    answer = _ask(
        client, put_result(LabRequest.create(LAB), "failed", [], reason="The disk is full.").id
    )
    assert answer["reason"] == "The experiment failed: The disk is full."


def test_a_browser_that_has_it_is_told_so_until_there_is_more(client: TestClient) -> None:
    folder = put_result(LabRequest.create(LAB), "running", [Rows("race", [ROW])])
    first = client.get(f"{ROUTE}?id={folder.id}")
    tag = {"If-None-Match": first.headers["etag"]}
    assert client.get(f"{ROUTE}?id={folder.id}", headers=tag).status_code == 304
    with folder.events.open("a", encoding="utf-8") as file:
        file.write(to_line(VERDICT, 2.0) + "\n")
    second = client.get(f"{ROUTE}?id={folder.id}", headers=tag)
    assert second.status_code == 200
    assert (len(first.json()["verdicts"]), len(second.json()["verdicts"])) == (0, 1)


def test_an_answer_is_built_once_for_all_who_ask(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []

    def draw(*_: object) -> dict[str, go.Figure]:
        drawn.append(1)
        return {}

    monkeypatch.setattr(lab_answers, "draw", draw)
    lab_id = put_result(LabRequest.create(LAB)).id
    asking = [threading.Thread(target=_ask, args=(client, lab_id)) for _ in range(8)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert len(drawn) == 1


@pytest.mark.parametrize(
    "query",
    [
        "",
        "id=",
        "id=../../etc",
        "id=microscope-000000000000",
        "id=no-such-laboratory",
        "id=microscope",  # nothing is recorded
        f"id={'a' * 3000}",
        "id=microscope-000000000000&lang=tlh",
    ],
)
def test_what_is_not_there_or_no_id_is_refused_in_a_sentence(
    client: TestClient, query: str
) -> None:
    response = client.get(f"{ROUTE}?{query}")
    assert response.status_code == 400
    assert response.json()["error"].endswith((".", "ko."))


@pytest.mark.parametrize("end", ["0", "x"])
def test_an_id_is_checked_before_it_is_looked_up(client: TestClient, end: str) -> None:
    response = client.get(f"{ROUTE}?id=microscope-000000000000{end}")
    assert response.status_code == 400
    assert "is not the id of a laboratory's result." in response.json()["error"]


@pytest.mark.parametrize("query", ["", "id=", "id=A+b", "id=../../etc"])
@pytest.mark.parametrize(
    ("language", "advice"), [("en", "Use an id such as"), ("ko", "이름을 쓰세요")]
)
def test_a_wrong_id_is_answered_with_what_to_use_in_the_readers_language(
    client: TestClient, query: str, language: str, advice: str
) -> None:
    response = client.get(f"{ROUTE}?{query}&lang={language}")
    assert response.status_code == 400
    assert advice in response.json()["error"]


def test_every_word_that_the_figures_say_is_sent_and_none_for_nothing() -> None:
    folder = Path(laboratory.__file__).parent
    # The block above the microscope's figures is another component with other words.
    figures = [path for path in folder.glob("*.mjs") if path.name != "block_drawing.mjs"]
    paths = [*figures, folder.parent / "live_charts" / "live.mjs"]
    modules = "".join(path.read_text(encoding="utf-8") for path in paths)
    axes = {"xaxis", "yaxis"}  # looked up by the name that plotly gives the axis
    said = set(re.findall(r"\bwords\.(\w+)", modules)) | axes
    assert said == {*laboratory._WORDS, *laboratory._READING}


def test_the_modules_of_the_figures_are_served_and_none_twice(client: TestClient) -> None:
    names = [path.name for folder in answers._FOLDERS for path in folder.glob("*.mjs")]
    assert len(set(names)) == len(names)
    assert {"lab_figures.mjs", "lab_figure.mjs"} <= answers.static_names()
    served = client.get(f"/playground-api/static/{answers.static_version()}/lab_figures.mjs")
    assert "immutable" in served.headers["cache-control"]
