"""The form and the drawing on the page Train: what only a browser can show."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from app.language.texts import say
from tests.browser.conftest import NewPage
from tests.browser.playground import Playground

OWN_NAMES = {"en": "English", "ko": "한국어"}


def test_what_was_chosen_outlives_a_change_of_language_and_a_visit_elsewhere(
    empty_playground: Playground, page: Page
) -> None:
    page.goto(f"{empty_playground.url}/train?network=cifar/resnet-20&lang=en")
    choose(page, say("en", "form.option.family.highway"))
    expect(page).to_have_url(re.compile("highway-20"))
    for language in ("ko", "en"):
        page.get_by_role("button", name=OWN_NAMES[language]).click()
        is_chosen(page, say(language, "form.option.family.highway"))
        expect(page).to_have_url(re.compile("highway-20"))
    top = page.get_by_test_id("stTopNav")
    top.get_by_role("link", name=say("en", "common.nav.runs")).click()
    expect(page.get_by_role("heading", name=say("en", "runs.title"))).to_be_visible()
    top.get_by_role("link", name=say("en", "common.nav.train")).click()
    is_chosen(page, say("en", "form.option.family.highway"))


def test_a_fault_opens_the_settings_and_leaves_them_open_once_it_is_mended(
    empty_playground: Playground, page: Page
) -> None:
    page.goto(f"{empty_playground.url}/train?network=cifar/resnet-20&lang=en")
    page.get_by_text(say("en", "form.more")).click()
    page.get_by_role("tab", name=say("en", "form.group.recipe")).click()
    rate = page.get_by_role("textbox", name=say("en", "form.field.learning_rate.label"))
    start = page.get_by_role("button", name=say("en", "train.start.one"))
    type_in(page, rate, "nan")
    expect(page.get_by_text("nan is not a finite number")).to_be_visible()
    expect(start).to_be_disabled()
    type_in(page, rate, "0.05")
    expect(start).to_be_enabled()
    expect(rate).to_be_visible()
    expect(page).to_have_url(re.compile("learning_rate=0.05"))


def test_a_block_is_chosen_by_keyboard_and_tells_its_equation_and_its_code(
    empty_playground: Playground, page: Page
) -> None:
    page.goto(f"{empty_playground.url}/train?network=cifar/resnet-20&lang=en")
    block = page.locator("svg.wide [data-block='layer2.0']")
    block.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("y = ReLU(F(x) + pad(x))", exact=True)).to_be_visible()
    expect(page.get_by_text("class ResidualBlock")).to_be_visible()
    expect(block).to_have_attribute("aria-pressed", "true")
    block.focus()
    page.keyboard.press(" ")
    expect(page.get_by_text("class ResidualBlock")).to_have_count(0)


def test_the_drawing_stands_in_a_hand_and_lies_on_a_desk(
    empty_playground: Playground, new_page: NewPage
) -> None:
    page = new_page(width=390, height=844)
    page.goto(f"{empty_playground.url}/train?network=cifar/resnet-110")
    for width, shown, hidden in ((390, "narrow", "wide"), (1440, "wide", "narrow")):
        page.set_viewport_size({"width": width, "height": 844})
        expect(page.locator(f"svg.{shown}")).to_be_visible()
        expect(page.locator(f"svg.{hidden}")).to_be_hidden()
        expect(page.locator(f"svg.{shown} .fold")).to_have_count(3)


def choose(page: Page, words: str) -> None:
    page.get_by_role("radio", name=words, exact=True).click()


def is_chosen(page: Page, words: str) -> None:
    expect(page.get_by_role("radio", name=words, exact=True)).to_be_checked()


def type_in(page: Page, box, text: str) -> None:  # type: ignore[no-untyped-def]
    box.fill(text)
    page.keyboard.press("Enter")
