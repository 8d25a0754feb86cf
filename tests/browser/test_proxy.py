"""The app below a path, behind a proxy that forwards this path only."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import stage
from tests.browser.proxy import Proxy

_BASE = "/courses/resnet"


@pytest.fixture(scope="module")
def proxy() -> Iterator[Proxy]:
    stage().browser()
    served = stage().playground(
        "below", RESIDUAL_PLAYGROUND_SPARES="0", STREAMLIT_SERVER_BASE_URL_PATH=_BASE
    )
    with Proxy(served.port, _BASE) as proxy:
        yield proxy


def test_the_first_picture_and_the_live_charts_come_through(proxy: Proxy, page: Page) -> None:
    page.goto(f"{proxy.url}/", wait_until="commit")
    expect(page.locator("#pg-first svg").first).to_be_visible()
    expect(page.locator(".pg-charts .js-plotly-plot").first).to_be_visible()
    assert proxy.refused == []


def test_a_laboratory_and_the_playground_come_through(proxy: Proxy, page: Page) -> None:
    page.goto(f"{proxy.url}/playground")
    expect(page.locator(".pp-root, [class^='pp-'] canvas").first).to_be_visible()
    page.goto(f"{proxy.url}/lab-lesion")
    expect(page.locator("h1").first).to_be_visible()
    expect(page.locator(".js-plotly-plot, .pg-lab svg").first).to_be_visible()
    assert proxy.refused == []
