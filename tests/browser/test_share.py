"""The address of Compare is the whole view: opened elsewhere, it shows the same."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from app.language.texts import say
from tests.browser.charts import PANELS, Charts
from tests.browser.conftest import NewPage
from tests.browser.playground import Playground
from tests.browser.seeds import ITERATIONS, finished_twins
from tests.small_runs import wait_until

EPOCHS = ITERATIONS * 8 / 72  # of 8 images each, from the 72 that are for training
PRESSED = ("compare.x_epochs", "compare.layers_sorted")


def test_an_address_opened_elsewhere_shows_the_same(
    playground: Playground, new_page: NewPage, small_data: Path
) -> None:
    plain, residual = finished_twins(small_data)
    page = new_page()
    page.goto(f"{playground.url}/compare?runs={residual.id},{plain.id}")
    charts = Charts(page)
    charts.wait_for_points("error")
    change_everything(page, charts)
    query = {name: value for name, (value,) in parse_qs(urlsplit(page.url).query).items()}
    assert query.pop("runs").split(",") == [residual.id, plain.id]
    assert 0 < float(query.pop("at")) < EPOCHS
    assert len(query.pop("zoom").split(",")) == 4
    assert query == {"x": "epochs", "order": "sorted", "log": "true", "hidden": "plain-8"}

    elsewhere = new_page(apart=True)
    elsewhere.goto(page.url)
    copy = Charts(elsewhere)
    copy.wait_for_points("error")
    for panel in ("response", "gradient"):
        copy.wait_for_values(panel, charts.data(panel))
    wait_until(lambda: look(copy) == look(charts), "the same view")
    expect(elsewhere).to_have_url(page.url)
    expect(copy.legend("plain-8")).to_have_attribute("aria-pressed", "false")
    for key in PRESSED:
        expect(elsewhere.get_by_role("radio", name=say("en", key))).to_be_checked()
    elsewhere.get_by_role("button", name=say("en", "compare.more"), exact=True).click()
    expect(elsewhere.get_by_role("switch", name=say("en", "compare.log"))).to_be_checked()


def change_everything(page: Page, charts: Charts) -> None:
    """Axis, order, scale, time, a curve and the zoom, each once it is in the address."""
    page.get_by_role("radio", name=say("en", "compare.x_epochs")).click()
    expect(page).to_have_url(re.compile("x=epochs"))
    page.get_by_role("radio", name=say("en", "compare.layers_sorted")).click()
    expect(page).to_have_url(re.compile("order=sorted"))
    more = page.get_by_role("button", name=say("en", "compare.more"), exact=True)
    more.click()
    page.get_by_text(say("en", "compare.log"), exact=True).click()
    expect(page).to_have_url(re.compile("log=true"))
    more.click()
    expect(charts.time).to_have_text(re.compile("^epoch"))
    charts.slider.focus()
    for _ in range(4):
        page.keyboard.press("PageDown")
    expect(page).to_have_url(re.compile("at="))
    charts.legend("plain-8").click()
    expect(page).to_have_url(re.compile("hidden=plain-8"))
    charts.zoom()
    expect(page).to_have_url(re.compile("zoom="))


def look(charts: Charts) -> dict[str, Any]:
    """What somebody sees: curves, their order and visibility, axes, time."""
    return {
        "time": charts.time.inner_text(),
        "slider": charts.slider_value,
        "curves": charts.data("error"),
        "ranges": [rounded(charts.ranges(panel)) for panel in PANELS],
        "shown": [[trace["shown"] for trace in charts.data(panel)] for panel in PANELS],
        "x": [[trace["x"] for trace in charts.data(panel)] for panel in PANELS],
    }


def rounded(ranges: list[list[float]]) -> list[list[float]]:
    """To what an address keeps, six digits, less one for the rounding itself."""
    return [[float(f"{value:.5g}") for value in axis] for axis in ranges]
