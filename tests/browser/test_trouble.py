"""A server that answers but cannot draw is not called gone."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect

from tests.browser.charts import Charts
from tests.browser.playground import Playground
from tests.browser.watch import Watch

_FIGURES = "**/playground-api/charts*"
_HISTORY = "**/playground-api/history*"
_SENTENCE = "The figures could not be drawn."


def refuse(route: Route) -> None:
    route.fulfill(status=500, json={"error": _SENTENCE})


def test_a_page_says_why_there_are_no_figures_and_asks_again(
    empty_playground: Playground, page: Page, watch: Watch
) -> None:
    charts = Charts(page)
    notice = charts.root.locator(".pg-notice")
    with watch.server_gone():  # its figures are
        page.route(_FIGURES, refuse)
        page.goto(empty_playground.url)
        expect(notice).to_have_text(_SENTENCE)
        expect(page.locator("body[data-pg-lost]")).to_have_count(0)
        page.unroute(_FIGURES)
        charts.wait_for_points("error")
    expect(notice).to_be_hidden()


def test_where_one_cannot_look_back_the_page_says_why_until_one_can(
    empty_playground: Playground, page: Page, watch: Watch
) -> None:
    charts = Charts(page)
    notice = charts.root.locator(".pg-notice")
    with watch.server_gone():  # its history is
        page.route(_HISTORY, refuse)
        page.goto(empty_playground.url)
        charts.wait_for_points("error")  # the newest is there all the same
        expect(notice).to_have_text(_SENTENCE)
        expect(page.locator("body[data-pg-lost]")).to_have_count(0)
        page.unroute(_HISTORY)
        expect(notice).to_be_hidden()
