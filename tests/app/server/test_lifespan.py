"""What goes wrong at the start is in the log; the server starts all the same."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app import services
from app.page_data import puzzle
from app.server import chart_answers, lifespan
from app.server import routes as api
from app.server.chart_answers import Charts, Feed
from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs import queue

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture(autouse=True)
def nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "ensure_supervisor", lambda: None)
    monkeypatch.setattr(lifespan, "load_pages", lambda: None)
    monkeypatch.setattr(api, "_charts", Charts(Feed()))  # no answers kept from other tests


@pytest.fixture
def a_figure_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a figure's fault")

    monkeypatch.setattr(chart_answers, "error_figure", broken)


@pytest.mark.usefixtures("a_figure_raises")
def test_a_figure_that_raises_does_not_end_the_start(caplog: pytest.LogCaptureFixture) -> None:
    _start_and_stop()
    (said,) = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert said.getMessage() == "The home page's charts could not be drawn at the start."
    assert "a figure's fault" in caplog.text


@pytest.mark.usefixtures("a_figure_raises")
def test_its_place_on_the_page_is_told_what_happened() -> None:
    client = TestClient(Starlette(routes=list(api.routes())))
    answer = client.get("/playground-api/charts", params={"runs": _first()})
    assert answer.status_code == 500
    assert "ZeroDivisionError" in answer.json()["error"]


def test_where_training_cannot_start_charts_are_drawn_all_the_same(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse() -> None:
        raise PlaygroundError("stored", text="No supervisor starts here.")

    drawn: list[object] = []
    monkeypatch.setattr(services, "ensure_supervisor", refuse)
    monkeypatch.setattr(api, "warm_up", drawn.append)
    _start_and_stop()
    assert drawn == [_first().split(",")]
    assert "No supervisor starts here." in caplog.text


def _first() -> str:
    return ",".join(run.id for run in puzzle.first_recording())


def _start_and_stop() -> None:
    async def through() -> None:
        async with lifespan.lifespan(None):
            pass

    asyncio.run(through())


def test_a_supervisor_is_started_while_jobs_wait_whichever_page_is_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(services, "ensure_supervisor", lambda: asked.append(True))
    lifespan.ensure_while_active()
    assert not asked
    queue.submit([Experiment.create(iterations=10)])
    lifespan.ensure_while_active()
    assert asked == [True]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_the_server_opens_more_files_than_a_small_limit_allows() -> None:
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (256, 4096));"
        "from app.server.lifespan import raise_file_limit; raise_file_limit();"
        "print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["4096"]
