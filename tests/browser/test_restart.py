"""The server is killed under a run: training goes on, and the next server shows it live."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from app.language.texts import say
from resnet_core.jobs import queue
from resnet_core.runs import queries
from tests.browser.charts import Charts
from tests.browser.playground import Playground
from tests.browser.seeds import reached, running, state_of
from tests.browser.watch import Watch


def test_training_outlives_the_server(
    playground: Playground, page: Page, watch: Watch, small_data: Path
) -> None:
    run = running(small_data, record_every=5)
    page.goto(f"{playground.url}/compare?runs={run.id}")
    charts = Charts(page)
    charts.wait_for_points("error", 2)

    with watch.server_gone():
        playground.kill()
        gone = queries.run(run.id).iteration
        reached(run.id, gone + 20)
        playground.start()
        # The page that was open finds its way back.
        charts.wait_for_points("error", charts.points("error"))
    charts.wait_for_points("error", charts.points("error"))
    assert queries.run(run.id).state == "running"

    queue.stop(run.id)
    stopped = state_of(run.id, "stopped")
    assert stopped.attempt == run.attempt
    page.reload()
    expect(charts.status("ResNet-8")).to_have_text(say("en", "common.state.stopped"))
