"""What is refused before any route, and where a visitor is said to be."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from app.roles.visitor import PLACE
from app.server import guard
from app.server.guard import Guard

_SOCKET = "ws://127.0.0.1:8501/ws"


async def _told(request: Request) -> JSONResponse:
    return JSONResponse({"place": request.headers.getlist(PLACE)})


async def _spoken(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_json({"origin": socket.headers.get("origin"), "place": socket.headers[PLACE]})
    await socket.close()


def _client(host: str = "127.0.0.1", address: str = "127.0.0.1") -> TestClient:
    routes = [Route("/", _told, methods=["GET", "POST"]), WebSocketRoute("/ws", _spoken)]
    app = Starlette(routes=routes, middleware=[Middleware(Guard)])
    return TestClient(app, f"http://{host}:8501", client=(address, 50000))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "192.168.4.7", "[::1]", "0.0.0.0", "10.0.0.1"]
)
def test_this_machines_names_are_answered(host: str) -> None:
    assert _client(host).get("/").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil", "a b"]
)
def test_a_name_that_was_made_to_point_here_is_refused(host: str) -> None:
    client = _client()
    assert client.get("/", headers={"Host": host}).status_code == 403
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect(_SOCKET, headers={"Host": host}),
    ):
        pass


def test_a_listed_name_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "_listed", lambda: ("course.example", "*.lab.example"))
    for host in ("course.example", "a.lab.example"):
        assert _client(host).get("/").status_code == 200
    assert _client("lab.example").get("/").status_code == 403


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:9999"])
def test_a_page_of_another_site_is_refused(origin: str) -> None:
    client = _client()
    headers = {"Origin": origin}
    assert client.post("/", headers=headers).status_code == 403
    with pytest.raises(WebSocketDisconnect), client.websocket_connect(_SOCKET, headers=headers):
        pass
    assert client.get("/", headers=headers).status_code == 200  # reads nothing that is secret


def test_the_origin_of_a_proxys_visitor_is_the_proxys() -> None:
    headers = {"Origin": "https://course.example", "X-Forwarded-Host": "course.example"}
    assert _client().post("/", headers=headers).json() == {"place": ["network"]}


def test_streamlit_is_handed_an_origin_that_it_need_not_look_up() -> None:
    headers = {"Origin": "https://course.example", "X-Forwarded-Host": "course.example"}
    with _client().websocket_connect(_SOCKET, headers=headers) as socket:
        assert socket.receive_json() == {"origin": "http://127.0.0.1:8501", "place": "network"}


@pytest.mark.parametrize(
    ("host", "address", "headers", "place"),
    [
        ("127.0.0.1", "127.0.0.1", {}, "here"),
        ("localhost", "::1", {}, "here"),
        ("localhost", "::ffff:127.0.0.1", {}, "here"),
        ("192.168.4.7", "192.168.4.9", {}, "network"),
        ("127.0.0.1", "192.168.4.9", {}, "network"),
        ("192.168.4.7", "127.0.0.1", {}, "network"),
        ("127.0.0.1", "127.0.0.1", {"X-Forwarded-For": "10.0.0.9"}, "network"),
        ("127.0.0.1", "192.168.4.9", {PLACE: "here"}, "network"),
        ("127.0.0.1", "127.0.0.1", {PLACE: "network"}, "here"),
    ],
)
def test_a_visitors_place_is_told_by_the_connection_alone(
    host: str, address: str, headers: dict[str, str], place: str
) -> None:
    assert _client(host, address).get("/", headers=headers).json() == {"place": [place]}


def test_only_an_embedded_page_may_be_framed_elsewhere() -> None:
    client = _client()
    framed = client.get("/?embed=true")
    assert "Content-Security-Policy" not in framed.headers
    assert client.get("/").headers["Content-Security-Policy"].startswith("frame-ancestors 'self'")
    assert framed.headers["X-Content-Type-Options"] == "nosniff"
