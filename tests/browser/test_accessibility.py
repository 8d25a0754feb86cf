"""axe-core finds no violation on any page, in either language and theme; terms have cards."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.language import glossary
from app.language.texts import LANGUAGES, say
from app.router import HOME, NAMES, laboratories, title_key, url_path
from tests.browser.conftest import NewPage
from tests.browser.playground import Playground
from tests.browser.test_pages import has_colours, settled

# The last is experimental in axe, which does not run it unless it is asked for.
_RUN = """axe.run(document, {
    resultTypes: ["violations"], rules: { "label-content-name-mismatch": { enabled: true } },
})"""
_ADDRESSES = [*("" if name == HOME else name for name in NAMES), *map(url_path, laboratories())]


@pytest.mark.sampled
@pytest.mark.timeout(900)
@pytest.mark.parametrize("address", _ADDRESSES)
def test_axe_finds_no_violation(empty_playground: Playground, page: Page, address: str) -> None:
    found = {}
    for language in LANGUAGES:
        page.goto(f"{empty_playground.url}/{address}?lang={language}")
        for scheme in ("light", "dark") if language == "en" else ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            arrived(page, language, scheme)
            state = f"{language} {scheme}"
            found |= {f"{state} {rule}": where for rule, where in violations(page).items()}
    assert not found


def test_language_and_title_of_the_document_follow_the_page(
    empty_playground: Playground, page: Page
) -> None:
    for language in LANGUAGES:
        for name in ("", "ledger", "labs/lesion"):
            address = name.replace("labs/", "lab-")
            page.goto(f"{empty_playground.url}/{address}?lang={language}")
            title = say(language, title_key(name or HOME))
            expect(page).to_have_title(f"{title} · {say(language, 'common.app')}")
            expect(page.locator("html")).to_have_attribute("lang", language)


def test_a_term_shows_its_sentence_to_pointer_and_keyboard(
    empty_playground: Playground, page: Page
) -> None:
    page.goto(f"{empty_playground.url}/lab-lesion?lang=en")
    arrived(page, "en", "light")
    card = page.locator("#pg-term")
    for place in (".stMarkdown", ".lab-paper, .lab-verdict"):
        term = page.locator(place).locator("a[href*='glossary?term=']").first
        name = re.search(r"term=(\w+)", term.get_attribute("href") or "")
        assert name
        sentence = say("en", f"glossary.term.{name[1]}.text")
        term.hover()
        expect(card).to_have_text(sentence)
        page.keyboard.press("Escape")
        expect(card).to_be_hidden()
        page.mouse.move(0, 0)
        term.evaluate("(link) => link.focus({ focusVisible: true })")
        expect(card).to_have_text(sentence)
        expect(term).to_have_attribute("aria-describedby", "pg-term")
        page.keyboard.press("Escape")


def test_a_touch_shows_the_sentence_before_it_leads_to_the_glossary(
    empty_playground: Playground, new_page: NewPage
) -> None:
    page = new_page(390, 844)
    page.goto(f"{empty_playground.url}/glossary?term={glossary.terms()[0]}&lang=ko")
    expect(page.get_by_role("heading", level=1)).to_have_text(say("ko", "glossary.title"))
    expect(page.get_by_text(say("ko", "glossary.term.plain.text"))).to_have_count(2)


def arrived(page: Page, language: str, scheme: str) -> None:
    """Wait until the page is whole, in this language and these colours."""
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("html")).to_have_attribute("data-colours", scheme)
    settled(page)
    has_colours(page, scheme)
    expect(page.locator(".lab.lab-waiting, .pg-charts.pg-waiting")).to_have_count(0)


def violations(page: Page) -> dict[str, list[Any]]:
    """Return the elements that break each of axe's rules."""
    page.evaluate(_axe())
    results = page.evaluate(_RUN)
    return {
        rule["id"]: [node["target"] + [node["html"][:120]] for node in rule["nodes"]]
        for rule in results["violations"]
    }


@cache
def _axe() -> str:
    return files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
