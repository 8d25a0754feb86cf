"""Charts of a page that was left are there at once for whoever comes back, and only as they were
drawn first."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from app.language.texts import say
from tests.browser.charts import PANELS, Charts
from tests.browser.playground import Playground

_FIGURES = "**/playground-api/charts*"
_KEPT = 3  # SIZE of chart_cache.mjs
# The views of Compare, of which each has charts of its own.
_VIEWS = {
    "x_epochs": "x=epochs",
    "x_seconds": "x=seconds",
    "layers_sorted": "order=sorted",
    "layers_map": "heat=true",
}

# How often charts are drawn, cleared, and told that nothing is pointed at: when they are put away.
_COUNT = """() => {
    window.counted = {};
    for (const [owner, name] of [[Plotly, "react"], [Plotly, "purge"], [Plotly.Fx, "unhover"]]) {
        const plain = owner[name];
        window.counted[name] = 0;
        owner[name] = (...given) => {
            window.counted[name] += 1;
            return plain(...given);
        };
    }
}"""


@pytest.fixture
def charts(empty_playground: Playground, page: Page) -> Charts:
    """Compare, drawn; from here on, plotly's drawings and clearings are counted."""
    page.goto(f"{empty_playground.url}/compare?lang=en")
    charts = Charts(page)
    wait_until_drawn(charts)
    page.evaluate(_COUNT)
    return charts


@pytest.mark.parametrize("at_once", [True, False])
def test_who_comes_back_finds_what_was_drawn_and_asks_only_for_news(
    charts: Charts, at_once: bool
) -> None:
    page = charts.page
    page.evaluate("document.querySelectorAll('.main-svg').forEach((one) => one.dataset.seen = 1)")
    leave(page)
    if not at_once:
        wait_until_put_away(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    with page.expect_response(_FIGURES) as answer:
        come_back(page)
    assert answer.value.status == 304  # by the tag of what it has
    wait_until_drawn(charts)
    assert len([url for url in asked if "/playground-api/" in url]) == 1
    assert page.locator(".main-svg:not([data-seen])").count() == 0
    assert count(page, "react") == 0
    assert charts.mounts == 1


def test_what_was_measured_meanwhile_is_drawn(charts: Charts) -> None:
    page, before = charts.page, charts.data("error")
    leave(page)
    wait_until_put_away(page)

    def with_news(route: Route) -> None:
        headers = {**route.request.headers, "if-none-match": ""}
        answer = route.fetch(headers=headers)
        news = answer.json()
        for trace in news["figures"]["error"]["data"]:
            trace["y"] = [value and value / 2 for value in trace["y"]]
        route.fulfill(response=answer, json={**news, "caption": "Half of it."})

    page.route(_FIGURES, with_news)
    come_back(page)
    expect(charts.root.locator(".pg-caption")).to_have_text("Half of it.")
    charts.wait_for_change("error", before)
    page.wait_for_function(f"counted.react === {len(PANELS)}")


def test_what_one_reader_zoomed_and_hid_does_not_await_the_next(charts: Charts) -> None:
    page = charts.page
    whole, name = charts.ranges("error"), charts.legend("plain-20").first
    label = name.inner_text()
    charts.zoom()
    leave(page)
    come_back(page)
    wait_until_drawn(charts)
    assert charts.ranges("error") == whole
    charts.legend(label).first.click()
    expect(charts.legend(label).first).to_have_attribute("aria-pressed", "false")
    leave(page)
    come_back(page)
    wait_until_drawn(charts)
    expect(charts.legend(label).first).to_have_attribute("aria-pressed", "true")
    assert all(trace["shown"] for panel in PANELS for trace in charts.data(panel))


def test_nothing_is_pointed_at_any_more(charts: Charts) -> None:
    page = charts.page
    charts.point_at("response", 0, 3)
    expect(charts.plot("response").locator(".hoverlayer .hovertext").first).to_be_attached()
    link(page, "runs").focus()
    page.keyboard.press("Enter")  # the mouse stays where it is
    has_left(page)
    wait_until_put_away(page)
    page.mouse.move(2, 2)
    come_back(page)
    wait_until_drawn(charts)
    assert count(page, "react") == 0
    expect(charts.plot("response").locator(".hoverlayer .hovertext")).to_have_count(0)
    expect(charts.root.locator(".pg-dot:visible")).to_have_count(0)


def test_in_a_window_of_another_size_they_fit(charts: Charts) -> None:
    page = charts.page
    leave(page)
    page.set_viewport_size({"width": 1100, "height": 800})
    come_back(page)
    wait_until_drawn(charts)
    page.wait_for_function(
        """[...document.querySelectorAll(".pg-plot")].every(
            (plot) => Math.abs(plot._fullLayout.width - plot.clientWidth) <= 1
                && Math.abs(plot.querySelector(".main-svg").clientWidth - plot.clientWidth) <= 1)"""
    )


def test_only_a_few_are_kept(charts: Charts) -> None:
    page = charts.page
    for view, parameter in _VIEWS.items():
        page.get_by_role("radio", name=say("en", f"compare.{view}")).click()
        expect(page).to_have_url(re.compile(parameter))
        wait_until_drawn(charts)
        before = count(page, "unhover")
        leave(page)
        wait_until_put_away(page, before)
        come_back(page)
        wait_until_drawn(charts)
    # One of each view was left; as Compare begins, they are on the page.
    assert count(page, "purge") == len(PANELS) * (len(_VIEWS) - _KEPT)


def leave(page: Page) -> None:
    link(page, "runs").click()
    has_left(page)


def has_left(page: Page) -> None:
    expect(page.get_by_role("heading", name=say("en", "runs.title"))).to_be_visible()
    expect(page.locator(".pg-charts")).to_have_count(0)


def wait_until_put_away(page: Page, before: int = 0) -> None:
    page.wait_for_function(f"counted.unhover === {before + len(PANELS)}")


def come_back(page: Page) -> None:
    link(page, "compare").click()
    expect(page.get_by_role("heading", name=say("en", "compare.title"))).to_be_visible()


def link(page: Page, name: str):  # type: ignore[no-untyped-def]
    return page.get_by_test_id("stTopNav").get_by_role("link", name=say("en", f"common.nav.{name}"))


def wait_until_drawn(charts: Charts) -> None:
    for panel in PANELS:
        charts.wait_for_points(panel)
    expect(charts.root.locator(".pg-notice")).to_be_hidden()
    expect(charts.time).to_have_text(re.compile(r"\d"))


def count(page: Page, of: str) -> int:
    return int(page.evaluate(f"counted.{of}"))
