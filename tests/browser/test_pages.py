"""Every page where nothing was trained yet: on a desk and in a hand, light and dark, in both
languages."""

from __future__ import annotations

import re
from collections.abc import Sequence

from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as TooLate

from app.language.texts import LANGUAGES, say
from app.router import HOME, NAMES, OVERVIEW
from tests.browser.conftest import NewPage
from tests.browser.playground import Playground

WIDE, NARROW = (1440, 900), (390, 844)
OWN_NAMES = {"en": "English", "ko": "한국어"}

_WIDTHS = "[document.scrollingElement.scrollWidth, document.documentElement.clientWidth]"
_NOT_TOO_WIDE = f"(([scrolled, seen]) => scrolled <= seen + 1)({_WIDTHS})"
# Of the page's background, from 0 to 1.
_BRIGHTNESS = """getComputedStyle(document.querySelector("[data-testid=stApp]")).backgroundColor
    .match(/[0-9.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 765"""


def test_every_page_opens_by_its_url_in_a_hand(
    empty_playground: Playground, new_page: NewPage
) -> None:
    page = new_page(*NARROW, scheme="dark")
    for place, name in enumerate(NAMES):
        # Each page is opened in either language, and speaks the other when told so.
        languages = LANGUAGES if place % 2 else tuple(reversed(LANGUAGES))
        page.goto(f"{empty_playground.url}/{'' if name == HOME else name}?lang={languages[0]}")
        looks_right(page, name, languages, schemes=("dark", "light"))


def test_every_page_opens_by_its_link_on_a_desk(
    empty_playground: Playground, new_page: NewPage
) -> None:
    page = new_page(*WIDE)
    page.goto(f"{empty_playground.url}/?lang=en")
    language = "en"
    for name in (HOME, *(name for name in NAMES if name != HOME)):
        if name != HOME:
            follow_link(page, name, language)
        other = "ko" if language == "en" else "en"
        looks_right(page, name, (language, other), schemes=("light", "dark"))
        language = other


def follow_link(page: Page, name: str, language: str) -> None:
    """Open a page by its link in the navigation, or in one of the navigation's menus."""
    navigation = page.get_by_test_id("stTopNav")
    link = page.locator(f"a[data-testid^=stTopNav][href$='/{name}']")
    if link.count() == 0:
        section = "labs.common.section" if name == OVERVIEW else "common.nav.inside"
        navigation.get_by_text(say(language, section)).click()
    link.click()
    page.wait_for_url(re.compile(f"/{name}([?]|$)"))


def looks_right(page: Page, name: str, languages: Sequence[str], schemes: Sequence[str]) -> None:
    """The page fits the window in its language, in the other, and in the other colours."""
    first, second = languages
    fits(page, first, f"{name} in {first}")
    page.get_by_role("button", name=OWN_NAMES[second]).click()
    fits(page, second, f"{name} turned to {second}")
    for scheme in reversed(schemes):
        page.emulate_media(color_scheme=scheme)
        has_colours(page, scheme)
        fits(page, second, f"{name} in {scheme}")


def settled(page: Page) -> None:
    """Wait until the server has run the page and the browser has shown all of it."""
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_visible()
    expect(page.locator("[data-stale=true]")).to_have_count(0)


def fits(page: Page, language: str, where: str) -> None:
    """The page is whole, in this language, and not wider than the window."""
    expect(page.get_by_role("button", name=OWN_NAMES[language])).to_have_attribute(
        "aria-pressed", "true"
    )
    settled(page)
    heading = page.get_by_role("heading").first
    expect(heading).to_be_visible()
    expect(heading).to_have_text(re.compile("[가-힣]" if language == "ko" else "[A-Za-z]"))
    assert page.get_by_test_id("stException").count() == 0, where
    try:
        page.wait_for_function(_NOT_TOO_WIDE)
    except TooLate as error:
        raise AssertionError(f"{where} scrolls sideways: {page.evaluate(_WIDTHS)} px") from error


def has_colours(page: Page, scheme: str) -> None:
    """Wait for a background as bright or dark as the colour scheme, and for the charts' colours."""
    page.wait_for_function(f"{_BRIGHTNESS} {'>' if scheme == 'light' else '<'} 0.5")
    expect(page.locator(f"html[data-colours={scheme}]")).to_be_attached()
