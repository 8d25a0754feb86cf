"""Without a mouse: what matters is within reach of the Tab key, and one sees where one is."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from app.language.texts import say
from tests.browser.charts import Charts
from tests.browser.playground import Playground
from tests.browser.seeds import finished_twins

MOST_TABS = 25

# An outline, a ring drawn as a shadow, or another border than without the focus.
_LOOK = """(element) => {
    const style = getComputedStyle(element);
    const { outlineStyle, outlineWidth, boxShadow, borderColor, backgroundColor } = style;
    const outline = outlineStyle === "none" ? "" : outlineWidth;
    return [outline, boxShadow, borderColor, backgroundColor].join(" | ");
}"""


def test_tab_reaches_the_button_that_starts_without_a_mouse(
    playground: Playground, page: Page
) -> None:
    page.goto(playground.url)
    guess_or_run = page.locator("[data-testid=stBaseButton-primary]").first
    expect(guess_or_run).to_be_visible()
    tab_to(page, guess_or_run)


def test_tab_reaches_the_time_and_arrows_move_it(
    playground: Playground, page: Page, small_data: Path
) -> None:
    group = finished_twins(small_data)[0].group
    page.goto(f"{playground.url}/?run={group}")
    charts = Charts(page)
    charts.wait_for_points("error")
    tab_to(page, charts.play)
    tab_to(page, charts.slider)
    page.keyboard.press("ArrowLeft")
    expect(charts.newest).to_be_visible()
    assert charts.slider_value == 999
    expect(charts.slider).to_have_attribute(
        "aria-valuetext", say("en", "charts.live.at.iterations", n=200)
    )


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until this has the focus; it must look different then."""
    before = wanted.evaluate(_LOOK)
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate("(element) => element === document.activeElement"):
            break
    expect(wanted).to_be_focused()
    assert wanted.evaluate("(element) => element.matches(':focus-visible')")
    assert wanted.evaluate(_LOOK) != before
