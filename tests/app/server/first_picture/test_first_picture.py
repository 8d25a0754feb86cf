"""The first picture in the home page's HTML, and no change to other responses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from app.language.texts import Language, say
from app.page_data import puzzle
from app.server import routes as api
from app.server.first_picture import first_picture
from app.server.first_picture.first_picture import FirstPicture
from resnet_core.errors import PlaygroundError
from resnet_core.runs import queries

pytestmark = pytest.mark.usefixtures("home")
HTML = "<html><head></head><body><div id='root'></div></body></html>"


def index(request: Request) -> Response:
    if request.headers.get("if-none-match") == '"whole"':
        return Response(status_code=304)
    if "plain" in request.query_params:
        return PlainTextResponse(HTML)
    return HTMLResponse(HTML, headers={"ETag": '"whole"'})


@pytest.fixture
def client() -> TestClient:
    routes = [Route("/", index), Route("/train", index)]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(FirstPicture)]))


def test_the_home_page_has_it(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.text.index('id="pg-first"') < answer.text.index("</body>")
    assert answer.text.index("plotly.min.js") < answer.text.index("</head>")
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert "etag" not in answer.headers  # it is of another text


def test_a_browser_that_knows_the_page_gets_it_too(client: TestClient) -> None:
    answer = client.get("/", headers={"If-None-Match": '"whole"'})
    assert answer.status_code == 200
    assert 'id="pg-first"' in answer.text


def test_it_speaks_the_readers_language(client: TestClient) -> None:
    assert 'lang="ko"' in client.get("/", headers={"Accept-Language": "ko-KR"}).text
    assert 'lang="en"' in client.get("/?lang=en", headers={"Accept-Language": "ko-KR"}).text


@pytest.mark.parametrize("path", ["/train", "/?run=one-of-mine", "/?plain=1"])
def test_other_answers_are_left_alone(client: TestClient, path: str) -> None:
    assert client.get(path).text == HTML


def test_where_a_figure_raises_the_page_comes_without(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a figure's fault")

    monkeypatch.setattr(api, "newest", broken)
    assert client.get("/").text == HTML
    assert "a figure's fault" in caplog.text


def test_where_recordings_cannot_be_read_the_page_comes_without(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable() -> None:
        raise PlaygroundError("stored", text="A recording is damaged.")

    monkeypatch.setattr(queries, "recorded", unreadable)
    assert client.get("/").text == HTML


@pytest.mark.parametrize(
    ("query", "accepted", "spoken"),
    [
        ({}, "", "en"),
        ({}, "ko-KR,ko;q=0.9", "ko"),
        ({}, "de", "en"),
        ({"lang": "en"}, "ko", "en"),
        ({"lang": "ko"}, "en", "ko"),
        ({"lang": "<b>"}, "ko", "ko"),
    ],
)
def test_the_language_is_known_from_the_request(
    query: dict[str, str], accepted: str, spoken: Language
) -> None:
    assert first_picture.language(query, accepted) == spoken


def test_the_picture_is_of_the_recorded_runs_in_both_colours() -> None:
    body = first_picture.in_body("en")
    data = re.search(r'id="pg-first-data">(.*?)</script>', body)
    assert data is not None
    light, dark = json.loads(data[1])
    recorded = [run.id for run in puzzle.first_recording()]
    for charts in (light, dark):
        assert [one["key"] for one in charts["series"]] == recorded
        assert set(charts["figures"]) == {"error", "response", "gradient"}
    assert light["figures"]["error"]["data"] != dark["figures"]["error"]["data"]
    assert re.findall(r'<section data-panel="(\w+)"', body) == ["error", "response", "gradient"]


def test_it_says_what_the_page_says() -> None:
    assert f"<h1>{say('ko', 'home.title')}</h1>" in first_picture.in_body("ko")


def test_its_script_is_the_charts_own_sketch_and_no_module() -> None:
    body = first_picture.in_body("en")
    assert "function sketch(" in body
    assert "export " not in body
    assert "import " not in body.split("<script>")[1]


def test_without_recordings_there_is_no_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "recorded", lambda: [])
    assert first_picture.in_body("en") == ""


def test_nothing_in_the_data_can_end_their_script(home: Path) -> None:
    data = first_picture.in_body("en").split('id="pg-first-data">')[1].split("</script>")[0]
    assert "<" not in data


def test_the_lesson_is_in_the_html_of_its_page() -> None:
    routes = [Route("/lesson", index)]
    client = TestClient(Starlette(routes=routes, middleware=[Middleware(FirstPicture)]))
    answer = client.get("/lesson?lang=ko").text
    (data,) = re.findall(r'id="pg-lesson-data">(.*?)</script>', answer)
    assert json.loads(data)["language"] == "ko"
    # Its modules are asked for before anything that the page itself names.
    assert answer.index("modulepreload") < answer.index("</head>")
    assert "lesson.mjs" in answer
