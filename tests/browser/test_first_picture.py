"""The home page shows its charts before Streamlit has begun, and then the page itself."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.charts import Charts
from tests.browser.conftest import NewPage
from tests.browser.playground import Playground

# Notes what the page was made of when the first name was there.
_WATCH = """new MutationObserver((_, watch) => {
    if (!document.querySelector('#pg-first [data-panel="error"] text[font-weight]')) return;
    window.pictured = { built: Boolean(document.querySelector(".stApp")) };
    watch.disconnect();
}).observe(document, { childList: true, subtree: true });"""


def test_it_comes_first_and_makes_way(playground: Playground, new_page: NewPage) -> None:
    page = new_page(scheme="dark")
    page.add_init_script(_WATCH)
    page.goto(playground.url, wait_until="commit")
    Charts(page).wait_for_points("error")
    pictured = page.evaluate("window.pictured")
    assert not pictured["built"]
    expect(page.locator("#pg-first")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)


def test_a_touch_puts_it_away(playground: Playground, page: Page) -> None:
    # Streamlit's own script never comes, so nothing but the reader can end the picture.
    page.route("**/static/js/**", lambda route: route.fulfill(content_type="text/javascript"))
    page.goto(playground.url, wait_until="domcontentloaded")
    expect(page.locator("#pg-first svg text").first).to_be_attached()
    page.keyboard.press("Tab")
    expect(page.locator("#pg-first")).to_have_count(0)


def test_other_pages_have_none(playground: Playground, page: Page) -> None:
    page.goto(f"{playground.url}/train", wait_until="domcontentloaded")
    assert page.locator("#pg-first").count() == 0
