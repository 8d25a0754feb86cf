"""Every page where nothing was trained yet: on a desk and in a hand, light and dark, in both
languages."""

from __future__ import annotations

import itertools
from urllib.parse import urlencode

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.router import NAMES
from app.texts import LANGUAGES
from tests.browser.conftest import NewContext
from tests.browser.playground import Playground

SIZES = {"wide": (1440, 900), "narrow": (390, 844)}

_BACKGROUND = "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_opens(
    empty_playground: Playground, new_context: NewContext, size: str, scheme: str
) -> None:
    width, height = SIZES[size]
    context = new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    for name, language in itertools.product(NAMES, LANGUAGES):
        page = opened(context, empty_playground, name, language)
        where = f"{name} in {language}, {size}, {scheme}"
        assert page.get_by_test_id("stException").count() == 0, where
        scrolled, seen = page.evaluate(
            "[document.scrollingElement.scrollWidth, document.documentElement.clientWidth]"
        )
        assert scrolled <= seen + 1, f"{where} scrolls sideways: {scrolled} of {seen} px"
        assert brightness(page) > 0.5 if scheme == "light" else brightness(page) < 0.5, where
        page.close()


def opened(context: BrowserContext, playground: Playground, name: str, language: str) -> Page:
    """The page, once it is there whole."""
    page = context.new_page()
    path = "" if name == NAMES[0] else name
    page.goto(f"{playground.url}/{path}?{urlencode({'lang': language})}")
    heading = page.get_by_role("heading").first
    expect(heading).to_be_visible()
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()
    return page


def brightness(page: Page) -> float:
    """Of the page's background, from 0 to 1."""
    colour = page.evaluate(_BACKGROUND)
    parts = [float(part) for part in colour.strip("rgba() ").split(",")[:3]]
    return sum(parts) / 3 / 255
