"""Looking back at runs that stop and go on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from app.widgets.live_charts import live_charts
from resnet_core.jobs import queue, supervisor
from tests.browser.charts import Charts
from tests.browser.playground import Playground
from tests.browser.seeds import reached, running, state_of

_MODULES = Path(live_charts.__file__).parent


def test_looking_back_after_a_resume_shows_the_new_layers(
    playground: Playground, page: Page, small_data: Path
) -> None:
    run = reached(running(small_data, network="cifar/plain-8").id, 100)
    queue.pause(run.id)
    paused_at = state_of(run.id, "paused").iteration
    page.goto(f"{playground.url}/compare?runs={run.id}")
    charts = Charts(page)
    charts.wait_for_points("error")
    at_pause = charts.data("response")
    charts.slider.focus()
    page.keyboard.press("Home")
    charts.wait_for_change("response", at_pause)

    queue.resume(run.id)
    supervisor.ensure_running()
    reached(run.id, 2 * paused_at)
    page.keyboard.press("End")
    charts.wait_for_change("response", at_pause)
    page.wait_for_function(
        "([time, limit]) => Number(time.textContent.replace(/\\D/g, '')) > limit",
        arg=[charts.time.element_handle(), 1.5 * paused_at],
    )
    page.keyboard.press("PageDown")  # a tenth of the time back: after the resume
    assert paused_at < charts.iteration
    charts.wait_for_other_values("response", at_pause)


_ANSWERS = """async ([answers, steps]) => {
    const { History } = await import("http://127.0.0.1:9/history.mjs");
    const requests = [];
    window.fetch = async (url, { headers }) => {
        requests.push(headers["If-None-Match"] ?? null);
        const body = JSON.stringify({ series: answers[requests.length - 1] });
        return new Response(body, { headers: { ETag: `"${requests.length}"` } });
    };
    const history = new History(() => {}, () => {});
    history.reset("/history");
    const seen = [];
    for (const { news, time } of steps) {
        if (news) history.follow(news);
        history.requested = 0; // the pause between two requests is over
        await history.want(time);
        seen.push(history.rows("response", time)?.get("run")?.mean[0] ?? null);
    }
    return [seen, requests.length];
}"""


def _answer(times: list[int], values: list[float]) -> dict[str, Any]:
    mean = [[value] for value in values]
    return {"run": {"time": times, "names": ["conv"], "response": {"mean": mean}}}


@pytest.fixture
def modules(page: Page) -> Page:
    def serve(route: Any) -> None:
        path = _MODULES / route.request.url.rpartition("/")[2]
        route.fulfill(
            path=path,
            content_type="text/javascript",
            headers={"Access-Control-Allow-Origin": "*"},
        )

    page.route("http://127.0.0.1:9/*", serve)
    return page


@pytest.mark.parametrize(
    ("second", "values"),
    [
        ({"active": True, "streams": "1"}, [1.0, 1.0, 3.0, 3.0]),  # resumed
        ({"active": True, "streams": "2"}, [1.0, 7.0, 3.0, 3.0]),  # retried
        ({"active": False, "streams": "1"}, [1.0, 7.0, 3.0, 3.0]),  # resumed and over
    ],
    ids=["resumed", "retried", "over"],
)
def test_history_is_fetched_again_when_it_is_incomplete(
    modules: Page, second: dict[str, Any], values: list[float]
) -> None:
    """A paused run is looked back at, then the charts have news, then the reader scrubs."""
    first = {"active": False, "streams": "1"}
    answers = [_answer([0, 10], [1.0, 2.0]), _answer([0, 10, 20], [7.0, 2.0, 3.0])]
    steps = [
        {"news": first, "time": 0},
        {"news": second, "time": 5},
        {"news": None, "time": 20},
        {"news": None, "time": 20},
    ]
    seen, requests = modules.evaluate(_ANSWERS, [answers, steps])
    assert seen == values
    assert requests == 2
