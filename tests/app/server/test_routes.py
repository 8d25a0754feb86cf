"""The read-only routes: what they answer, what they refuse, what a browser need not fetch twice."""

from __future__ import annotations

import json
import re
import shutil
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.language.texts import say
from app.server import answers, chart_answers
from app.server import routes as api
from app.server.chart_answers import Charts, Feed
from resnet_core.errors import RunNotFound
from resnet_core.runs import queries, store
from resnet_core.runs.folder import of_run
from tests.app.runs_on_record import put_on_record, write_stream

_SVG = "http://www.w3.org/2000/svg"


@pytest.fixture
def client(home: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    """A server with nothing remembered from another test's home folder."""
    monkeypatch.setattr(api, "_charts", Charts(Feed()))
    return TestClient(Starlette(routes=list(api.routes())))


def _now(client: TestClient, query: str) -> dict[str, Any]:
    response = client.get(f"/playground-api/charts?{query}")
    assert response.status_code == 200, response.text
    return response.json()


def test_the_three_figures_and_the_runs(client: TestClient) -> None:
    put_on_record("plain", "cifar/plain-56", final_error=80.0)
    put_on_record("resnet", "cifar/resnet-56", final_error=10.0)
    said = _now(client, "runs=plain,resnet")
    assert set(said["figures"]) == {"error", "response", "gradient"}
    assert [one["label"] for one in said["series"]] == ["plain-56", "ResNet-56"]
    assert said["reached"] == said["end"] == 400
    assert said["active"] is False
    assert said["poll"] == 0
    assert said["caption"] == (
        "shapes (embedded), 16×16 · 400 iterations (paper: 64,000) · trained on this machine · "
        "a test's machine · seed 0, n = 1"
    )


def test_the_language_and_the_colours_are_the_askers(client: TestClient) -> None:
    put_on_record("run-1")
    korean = _now(client, "runs=run-1&lang=ko")
    assert "학습 오차" in korean["figures"]["error"]["layout"]["title"]["text"]
    light, dark = _now(client, "runs=run-1"), _now(client, "runs=run-1&dark=1")
    assert light["series"][0]["colour"] != dark["series"][0]["colour"]


def test_a_browser_that_has_it_is_told_so(client: TestClient) -> None:
    put_on_record("run-1", state="running", reached=100)
    first = client.get("/playground-api/charts?runs=run-1")
    tag = {"If-None-Match": first.headers["etag"]}
    again = client.get("/playground-api/charts?runs=run-1", headers=tag)
    assert again.status_code == 304
    assert again.content == b""


def test_a_new_measurement_is_a_new_answer(client: TestClient) -> None:
    record = put_on_record("run-1", state="running", reached=100)
    first = client.get("/playground-api/charts?runs=run-1")
    write_stream(record, [110])
    tag = {"If-None-Match": first.headers["etag"]}
    second = client.get("/playground-api/charts?runs=run-1", headers=tag)
    assert second.status_code == 200
    assert (first.json()["reached"], second.json()["reached"]) == (100, 110)


def test_a_retried_run_begins_anew(client: TestClient) -> None:
    record = put_on_record("run-1", state="running", reached=100)
    assert _now(client, "runs=run-1")["reached"] == 100
    of_run("run-1").stream.unlink()
    write_stream(record, [0, 10])
    assert _now(client, "runs=run-1")["reached"] == 10
    (one,) = client.get("/playground-api/history?runs=run-1").json()["series"].values()
    assert one["time"] == [0, 10]


@pytest.mark.parametrize(
    ("state", "poll"),
    [("running", 500), ("queued", 300), ("paused", 8000), ("failed", 8000), ("finished", 0)],
)
def test_a_page_asks_as_often_as_there_can_be_news(
    client: TestClient, state: str, poll: int
) -> None:
    put_on_record("run-1", state=state, reached=100)  # type: ignore[arg-type]
    assert _now(client, "runs=run-1")["poll"] == poll


def test_a_first_point_is_waited_for_impatiently(client: TestClient) -> None:
    put_on_record("run-1", state="running", reached=0)
    assert _now(client, "runs=run-1")["poll"] == 200


def test_an_answer_is_built_once_for_all_who_ask(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_on_record("run-1", state="running", reached=100)
    built = []
    gather = chart_answers.gather
    monkeypatch.setattr(chart_answers, "gather", lambda *a: built.append(1) or gather(*a))
    asking = [
        threading.Thread(target=client.get, args=("/playground-api/charts?runs=run-1",))
        for _ in range(8)
    ]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert len(built) == 1


def test_runs_that_nobody_has_are_named(client: TestClient) -> None:
    put_on_record("run-1")
    assert _now(client, "runs=run-1,gone-1")["missing"] == ["gone-1"]
    nothing = _now(client, "runs=gone-1")
    assert nothing["series"] == []
    assert nothing["active"] is False


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("runs=../../etc/passwd", "runs"),
        ("runs=%2e%2e%2fx", "runs"),
        ("runs=ABCD", "runs"),
        ("runs=a%00bcd", "runs"),
        ("runs=" + ",".join(f"run-{n}" for n in range(401)), "runs"),
        ("runs=run-1&x=metres", "x"),
        ("runs=run-1&smooth=2", "smooth"),
        ("runs=run-1&lang=xx", "lang"),
    ],
)
@pytest.mark.parametrize("route", ["charts", "history"])
def test_bad_questions_are_refused_with_a_sentence(
    client: TestClient, route: str, query: str, named: str
) -> None:
    response = client.get(f"/playground-api/{route}?{query}")
    assert response.status_code == 400
    assert response.json()["error"].startswith(f"{named}:")
    assert len(response.content) < 300


@pytest.mark.parametrize(("route", "missing"), [("charts", "figures"), ("history", "history")])
def test_a_figure_that_fails_is_said_and_logged(
    route: str,
    missing: str,
    client: TestClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    put_on_record("plain", "cifar/plain-56")
    with monkeypatch.context() as patch:
        patch.setattr(chart_answers, "error_figure", fail)
        patch.setattr(chart_answers, "_moments", fail)
        for language in ("en", "ko"):
            response = client.get(f"/playground-api/{route}?runs=plain&lang={language}")
            assert response.status_code == 500
            expected = say(language, f"common.error.{missing}", error="ZeroDivisionError")
            assert response.json() == {"error": expected}
    assert "division by zero" in caplog.text
    assert client.get(f"/playground-api/{route}?runs=plain").status_code == 200


def test_what_cannot_be_read_is_said_in_the_readers_language(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RunNotFound("runs.deleted", run="plain")

    monkeypatch.setattr(Charts, "now", fail)
    response = client.get("/playground-api/charts?runs=plain&lang=ko")
    assert response.status_code == 503
    assert response.json() == {"error": say("ko", "errors.runs.deleted", run="plain")}


def test_nothing_but_reading(client: TestClient) -> None:
    for route in ("charts", "history", "alive"):
        for method in ("post", "put", "delete", "patch"):
            assert getattr(client, method)(f"/playground-api/{route}").status_code == 405


def test_history_is_what_was_measured(client: TestClient) -> None:
    put_on_record("run-1", "cifar/resnet-20")
    said = client.get("/playground-api/history?runs=run-1").json()["series"]
    (one,) = said.values()
    telemetry = queries.telemetry("run-1")
    assert one["names"] == list(telemetry.layers)
    assert one["time"] == telemetry.frame["iteration"].tolist()
    np.testing.assert_allclose(one["response"]["mean"], telemetry.response_std, rtol=6e-3)
    np.testing.assert_allclose(one["gradient"]["mean"], telemetry.gradient_norm, rtol=6e-3)
    assert "low" not in one["response"]


def test_history_is_thinned_and_bounded(client: TestClient) -> None:
    record = put_on_record("long", "cifar/plain-56", iterations=30_000, measured=False)
    write_stream(record, range(0, 30_001, 10))
    response = client.get("/playground-api/history?runs=long")
    (one,) = response.json()["series"].values()
    assert len(one["time"]) <= chart_answers.MOST_MOMENTS
    assert (one["time"][0], one["time"][-1]) == (0, 30_000)
    assert len(response.content) < 400_000
    now = client.get("/playground-api/charts?runs=long")
    assert len(now.content) < 100_000


def test_two_hundred_runs_are_bounded_too(client: TestClient) -> None:
    ids = [f"run-{number:03}" for number in range(200)]
    put_on_record(ids[0], milestones=(1,))
    for number, run_id in enumerate(ids[1:], start=2):
        put_on_record(run_id, milestones=(number,), measured=False)
        shutil.copy(of_run(ids[0]).compacted, of_run(run_id).compacted)
    for route in ("charts", "history"):
        response = client.get(f"/playground-api/{route}?runs={','.join(ids)}")
        assert response.status_code == 200
        assert len(response.json()["series"]) == 200
        assert len(response.content) < 3_000_000


def test_a_damaged_run_says_so_and_the_others_are_shown(client: TestClient) -> None:
    put_on_record("good", "cifar/resnet-20")
    put_on_record("broken", "cifar/plain-20")
    of_run("broken").compacted.write_bytes(b"no telemetry" * 40)
    said = _now(client, "runs=good,broken")
    assert len(said["series"]) == 2
    assert len(said["faults"]) == 1
    assert "damaged" in said["faults"][0]


def test_a_torn_stream_shows_what_is_whole(client: TestClient) -> None:
    put_on_record("torn", state="interrupted", reached=100)
    stream = of_run("torn").stream
    stream.write_bytes(stream.read_bytes()[:-70])
    assert _now(client, "runs=torn")["reached"] == 90


def test_large_answers_are_zipped_for_browsers_that_want_it(client: TestClient) -> None:
    put_on_record("run-1")
    zipped = client.get("/playground-api/charts?runs=run-1")
    assert zipped.headers["content-encoding"] == "gzip"
    plain = client.get("/playground-api/charts?runs=run-1", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == zipped.json()


def test_plotly_comes_from_the_installed_package_and_is_cached_for_good(client: TestClient) -> None:
    path = f"/playground-api/static/{answers.static_version()}/plotly.min.js"
    response = client.get(path)
    assert response.content == answers.static_content("plotly.min.js")
    assert b"plotly.js v" in response.content[:200]
    assert "immutable" in response.headers["cache-control"]
    assert response.headers["content-type"].startswith("text/javascript")


def test_a_file_of_an_old_version_is_validated_each_time(client: TestClient) -> None:
    path = "/playground-api/static/0000/charts.mjs"
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-cache"
    tag = {"If-None-Match": f'"other", W/{response.headers["etag"]}'}
    assert client.get(path, headers=tag).status_code == 304


def test_a_file_is_zipped_once_for_all_browsers(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/playground-api/static/{answers.static_version()}/charts.mjs"
    assert client.get(path).headers["content-encoding"] == "gzip"
    monkeypatch.setattr(answers.gzip, "compress", lambda *_: pytest.fail("zipped again"))
    response = client.get(path)
    assert response.content == answers.static_content("charts.mjs")


@pytest.mark.parametrize(
    "name", ["live_charts.py", "..%2fapi.py", "%2e%2e/api.py", "..%5capi.py", "x.mjs", ""]
)
def test_only_files_of_the_list_are_served(client: TestClient, name: str) -> None:
    response = client.get(f"/playground-api/static/{answers.static_version()}/{name}")
    assert response.status_code == 404
    assert b"import" not in response.content


def test_modules_import_only_each_other() -> None:
    folder = Path(api.__file__).parents[1] / "widgets" / "live_charts"
    for path in folder.glob("*.mjs"):
        text = path.read_text(encoding="utf-8")
        for line in text.splitlines():
            if line.startswith("import "):
                module = line.split('"')[1].removeprefix("./")
                assert module in answers.static_names(), (path.name, line)
        # A classroom may be offline. SVG's namespace is a name, not an address.
        assert "//" not in re.sub(r"(?m)^\s*//.*| // .*$", "", text.replace(_SVG, ""))


def test_no_answer_holds_a_number_that_json_lacks(client: TestClient) -> None:
    record = put_on_record("run-1", state="diverged", reached=100)
    index = store.of_home()
    index.report(record.id, images_per_second=float("inf"))
    text = client.get("/playground-api/charts?runs=run-1").text
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_routes_lie_below_the_servers_base_path(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "base_path", lambda: "/courses/resnet")
    client = TestClient(Starlette(routes=list(api.routes())))
    assert client.get("/courses/resnet/playground-api/alive").json() == {"alive": True}
    assert client.get("/playground-api/alive").status_code == 404
