"""The home page is changed on its way to the browser, and nothing else."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from app.server import routes as api
from app.server.first_picture.middleware import FirstPicture
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
        raise PlaygroundError("A recording is damaged.")

    monkeypatch.setattr(queries, "recorded", unreadable)
    assert client.get("/").text == HTML
