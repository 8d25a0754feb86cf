"""The demo, from the click on the home page to the click that stops it."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Response, expect

from app.language.texts import say
from resnet_core.experiments.presets import photographs
from resnet_core.runs import queries
from tests.browser.charts import PANELS, Charts
from tests.browser.playground import Playground
from tests.small_runs import wait_until


def test_the_demo_goes_live_and_keeps_what_the_reader_did(
    playground: Playground, page: Page
) -> None:
    charts = open_home(playground, page)
    start(page, charts)
    group = parse_qs(urlsplit(page.url).query)["run"][0]
    four = queries.group(group)
    assert {run.experiment for run in four} == set(photographs())

    charts.count_replacements()
    grows_in_all_panels(charts)
    zoomed = charts.zoom()
    charts.legend("plain-20").click()
    expect(charts.legend("plain-20")).to_have_attribute("aria-pressed", "false")
    for _ in range(3):
        page.wait_for_event("response", has_news)
    charts.wait_for_points("error", charts.points("error"))
    assert charts.ranges("error") == zoomed
    assert hidden(charts) == {
        "error": {"plain-20"},
        "response": {"plain-20"},
        "gradient": {"plain-20"},
    }
    assert charts.replacements == 0
    assert charts.mounts == 1

    page.get_by_role("button", name=say("en", "home.stop"), exact=True).click()
    wait_until(
        lambda: all(run.state == "stopped" for run in queries.group(group)), "the four to stop"
    )
    expect(page.get_by_role("button", name=say("en", "home.again", seed=1))).to_be_visible()
    assert charts.mounts == 1


def open_home(playground: Playground, page: Page) -> Charts:
    page.goto(playground.url)
    # Whoever reads the first sentence gives the waiting worker the time to get ready.
    ready = playground.home.glob
    wait_until(lambda: any(ready("cache/images-*-pixels*.npz")), "the waiting worker")
    return Charts(page)


def start(page: Page, charts: Charts) -> None:
    """Press the button and wait until the browser has drawn the first point of the new runs."""
    recorded = [trace["series"] for trace in charts.data("error")]
    page.get_by_role("button", name=say("en", "home.run")).click()
    charts.wait_for_others("error", recorded)


def grows_in_all_panels(charts: Charts) -> None:
    before = {panel: charts.data(panel) for panel in PANELS}
    charts.wait_for_points("error", charts.points("error"))
    for panel in ("response", "gradient"):
        charts.wait_for_points(panel, 18)  # the layers of at least one network
        charts.wait_for_change(panel, before[panel])


def has_news(response: Response) -> bool:
    return "/playground-api/charts" in response.url and response.status == 200


def hidden(charts: Charts) -> dict[str, set[str]]:
    """The curves that are not drawn, by panel."""
    return {
        panel: {trace["name"] for trace in charts.data(panel) if not trace["shown"]}
        for panel in PANELS
    }
