"""One time over all panels: by keyboard, by mouse, and by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.charts import Charts
from tests.browser.playground import Playground
from tests.browser.seeds import ITERATIONS, finished_twins


@pytest.fixture
def charts(playground: Playground, module_page: Page, small_data: Path) -> Charts:
    """Two finished runs at their end, on one page for all tests."""
    charts = Charts(module_page)
    if playground.url not in module_page.url:
        ids = ",".join(run.id for run in finished_twins(small_data))
        module_page.goto(f"{playground.url}/compare?runs={ids}")
        charts.wait_for_points("error")
    if charts.newest.is_visible():  # the test before looked back
        charts.newest.click()
    expect(charts.time).to_have_text(f"iteration {ITERATIONS}")
    return charts


def test_the_keyboard_moves_the_time_of_all_panels(charts: Charts) -> None:
    end = {panel: charts.data(panel) for panel in ("response", "gradient")}
    charts.slider.focus()
    charts.page.keyboard.press("Home")
    for panel in ("response", "gradient"):
        charts.wait_for_change(panel, end[panel])
    expect(charts.time).to_have_text("iteration 0")
    beginning = charts.data("response")
    # At its beginning every layer's response is near 1; BN's scale is 1 and its shift 0 there.
    measured = [value for trace in beginning for value in trace["y"] if value is not None]
    assert measured == pytest.approx([1.0] * len(measured), abs=0.25)

    charts.page.keyboard.press("PageUp")
    charts.wait_for_change("response", beginning)
    assert 0 < charts.iteration < ITERATIONS

    charts.page.keyboard.press("End")
    expect(charts.time).to_have_text(f"iteration {ITERATIONS}")
    expect(charts.newest).to_be_hidden()
    for panel in ("response", "gradient"):
        charts.wait_for_values(panel, end[panel])


def test_the_mouse_moves_the_time_and_the_button_leads_back(charts: Charts) -> None:
    end = charts.data("gradient")
    box = charts.slider.bounding_box()
    assert box is not None
    charts.page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2)
    charts.page.mouse.down()
    charts.page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] / 2, steps=6)
    charts.page.mouse.up()
    charts.wait_for_change("gradient", end)
    assert charts.iteration == pytest.approx(ITERATIONS / 4, abs=ITERATIONS / 10)

    charts.newest.click()
    expect(charts.time).to_have_text(f"iteration {ITERATIONS}")
    charts.wait_for_values("gradient", end)


def test_time_plays_and_pauses(charts: Charts) -> None:
    end = charts.data("response")
    charts.play.click()
    expect(charts.play).to_have_attribute("aria-label", "Pause")
    charts.wait_for_change("response", end)
    charts.page.wait_for_function(
        "(slider) => Number(slider.value) > 150", arg=charts.slider.element_handle()
    )
    charts.play.click()
    expect(charts.play).to_have_attribute("aria-label", "Play from here")
    stood = charts.iteration
    assert 0 < stood < ITERATIONS
    charts.play.click()
    charts.page.wait_for_function(
        "([slider, before]) => Number(slider.value) > before",
        arg=[charts.slider.element_handle(), charts.slider_value],
    )
    expect(charts.play).to_have_attribute("aria-label", "Play from here")
    expect(charts.time).to_have_text(f"iteration {ITERATIONS}")


def test_pointing_at_a_moment_shows_it_until_the_mouse_leaves(charts: Charts) -> None:
    latest = charts.data("gradient")
    charts.slider.focus()
    charts.page.keyboard.press("PageDown")
    charts.wait_for_change("gradient", latest)  # the history of every layer is there
    scrubbed = charts.data("gradient")
    errors = charts.data("error")
    trace = next(place for place, one in enumerate(errors) if one["role"] == "train")
    charts.point_at("error", trace, len(errors[trace]["x"]) // 2)
    charts.wait_for_change("gradient", scrubbed)
    charts.page.mouse.move(2, 2)
    charts.wait_for_values("gradient", scrubbed)
