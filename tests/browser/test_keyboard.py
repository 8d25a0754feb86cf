"""Without a mouse: what matters is within reach of the Tab key, and one sees where one is."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from app.language.texts import say
from tests.browser.charts import Charts
from tests.browser.playground import Playground
from tests.browser.seeds import finished_twins

MOST_TABS = 35  # the frame has 16 stops, the guess 5, the charts 9

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


def test_arrow_keys_go_from_layer_to_layer_and_a_sentence_says_who_is_ahead(
    playground: Playground, page: Page, small_data: Path
) -> None:
    group = finished_twins(small_data)[0].group
    page.goto(f"{playground.url}/?run={group}")
    charts = Charts(page)
    charts.wait_for_points("error")
    expect(page.locator(".pg-sentence")).to_have_text(
        re.compile(r"\S+ is at [\d.]+ % training error, [\d.]+ points above \S+\.")
    )
    panel = page.locator(".pg-panel-response .pg-plot")
    panel.focus()
    for layer in (1, 2):
        page.keyboard.press("ArrowRight")
        expect(page.locator(".pg-col-response").first).to_contain_text(
            say("en", "charts.live.layer", n=layer)
        )
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".pg-col-response").first).to_contain_text(
        say("en", "charts.live.layer", n=1)
    )


def test_arrow_keys_go_through_a_laboratorys_points_and_its_table_has_them(
    empty_playground: Playground, page: Page
) -> None:
    page.goto(f"{empty_playground.url}/lab-graft?lang=en&seed=0")
    figure = page.locator(".lab-figure[data-drawn]:has(.lab-plot[tabindex])").first
    expect(figure.locator(".lab-sentence")).to_contain_text("At the last point")
    figure.locator(".lab-plot").focus()
    page.keyboard.press("ArrowRight")
    first = figure.locator(".lab-point").text_content()
    assert first
    page.keyboard.press("ArrowRight")
    expect(figure.locator(".lab-point")).not_to_have_text(first)
    figure.locator(".lab-table summary").click()
    cells = figure.locator(".lab-table tbody tr").first.locator("th, td").all_text_contents()
    assert all(cell in first for cell in cells if cell)
