"""The home page shows its curves before Streamlit has begun, and then the page itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.charts import Charts
from tests.browser.conftest import NewContext
from tests.browser.playground import Playground

SECONDS = 2.5  # on a machine that does other things as well; 0.3 where nothing else runs

# Notes when the first curve was there, and what the page was made of then.
_WATCH = """new MutationObserver((_, watch) => {
    if (!document.querySelector('#pg-first [data-panel="error"] polyline')) return;
    window.pictured = { at: performance.now(), built: Boolean(document.querySelector(".stApp")) };
    watch.disconnect();
}).observe(document, { childList: true, subtree: true });"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_comes_first_and_makes_way(
    playground: Playground, new_context: NewContext, scheme: str, capsys: pytest.CaptureFixture[str]
) -> None:
    page = new_context(color_scheme=scheme).new_page()
    page.add_init_script(_WATCH)
    page.goto(playground.url, wait_until="commit")
    charts = Charts(page)
    charts.wait_for_points("error")
    pictured = page.evaluate("window.pictured")
    with capsys.disabled():
        print(f"\n  from opening to the first picture: {pictured['at'] / 1000:.2f} s")
    assert not pictured["built"]
    assert pictured["at"] / 1000 <= SECONDS
    expect(page.locator("#pg-first")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)


def test_a_touch_puts_it_away(playground: Playground, new_context: NewContext) -> None:
    page = new_context().new_page()
    # Streamlit's own script never comes, so nothing but the reader can end the picture.
    page.route("**/static/js/**", lambda route: route.fulfill(content_type="text/javascript"))
    page.goto(playground.url, wait_until="domcontentloaded")
    expect(page.locator("#pg-first polyline").first).to_be_attached()
    page.keyboard.press("Tab")
    expect(page.locator("#pg-first")).to_have_count(0)


def test_other_pages_have_none(playground: Playground, new_context: NewContext) -> None:
    page = new_context().new_page()
    page.goto(f"{playground.url}/train", wait_until="domcontentloaded")
    assert page.locator("#pg-first").count() == 0
