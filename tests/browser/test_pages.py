"""Every page where nothing was trained yet: on a desk and in a hand, light and dark, in both
languages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from app.language.texts import LANGUAGES
from app.router import NAMES
from tests.browser.conftest import NewContext
from tests.browser.playground import Playground

SIZES = {"wide": (1440, 900), "narrow": (390, 844)}
OWN_NAMES = {"en": "English", "ko": "한국어"}

_BACKGROUND = "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_opens_and_changes_its_language(
    empty_playground: Playground, new_context: NewContext, size: str, scheme: str
) -> None:
    width, height = SIZES[size]
    context = new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    for place, name in enumerate(NAMES):
        # Each page is opened in either language, and speaks the other when told so.
        first, second = LANGUAGES if (place + (size == "wide")) % 2 else reversed(LANGUAGES)
        page = context.new_page()
        page.goto(f"{empty_playground.url}/{'' if name == NAMES[0] else name}?lang={first}")
        fits(page, first, f"{name} in {first}, {size}, {scheme}")
        assert (brightness(page) > 0.5) == (scheme == "light"), f"{name}, {scheme}"
        page.get_by_role("button", name=OWN_NAMES[second]).click()
        fits(page, second, f"{name} turned to {second}, {size}, {scheme}")
        page.close()


def fits(page: Page, language: str, where: str) -> None:
    """The page is whole, in this language, and not wider than the window."""
    expect(page.get_by_role("button", name=OWN_NAMES[language])).to_have_attribute(
        "aria-pressed", "true"
    )
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()
    heading = page.get_by_role("heading").first
    expect(heading).to_be_visible()
    expect(heading).to_have_text(re.compile("[가-힣]" if language == "ko" else "[A-Za-z]"))
    assert page.get_by_test_id("stException").count() == 0, where
    scrolled, seen = page.evaluate(
        "[document.scrollingElement.scrollWidth, document.documentElement.clientWidth]"
    )
    assert scrolled <= seen + 1, f"{where} scrolls sideways: {scrolled} of {seen} px"


def brightness(page: Page) -> float:
    """Of the page's background, from 0 to 1."""
    colour = page.evaluate(_BACKGROUND)
    parts = [float(part) for part in colour.strip("rgba() ").split(",")[:3]]
    return sum(parts) / 3 / 255
