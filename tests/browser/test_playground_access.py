"""The playground's single file for everyone: axe, keyboard, touch, screen reader, projector."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from app.language.texts import LANGUAGES, Language, say
from docs import playground
from tests.browser.conftest import NewPage
from tests.browser.test_accessibility import violations
from tests.browser.test_playground import reach

SMALL = "depth=4&width=4"


def open_file(page: Page, query: str) -> None:
    page.goto(f"{playground.FILE.as_uri()}?{query}")
    expect(page.locator(".pp")).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(new_page: NewPage, language: Language, scheme: str) -> None:
    page = new_page(1440, 900, scheme)
    open_file(page, f"lang={language}&{SMALL}&batch=10")
    reach(page, 20)
    page.get_by_role("button", name=say(language, "playground.depths.begin")).click()
    expect(page.locator(".pp-depths table tr")).to_have_count(7)
    for summary in page.locator(".pp summary").all():
        summary.click()
    assert violations(page) == {}
    page.get_by_role("button", name=say(language, "playground.mode.chain")).click()
    expect(page.locator(".pp-panel-steps")).to_have_attribute("data-done", "true")
    assert violations(page) == {}


def press_until(page: Page, key: str, selector: str, most: int = 40) -> None:
    """Press a key until the focus is on what the selector names."""
    for _ in range(most):
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{key} does not lead to {selector}")


def test_the_keyboard_alone_reaches_and_changes_everything(page: Page) -> None:
    open_file(page, f"lang=en&{SMALL}")
    reach(page, 5)
    press_until(page, "Tab", ".pp-play")
    page.keyboard.press("Enter")
    expect(page.locator(".pp-play")).to_have_attribute("title", say("en", "playground.play"))
    press_until(page, "Tab", ".pp-time")
    page.keyboard.press("Home")
    expect(page.locator(".pp")).to_have_attribute("data-step", "0")
    press_until(page, "Tab", '.pp-data [aria-label="Circle"]')
    page.keyboard.press("Space")
    page.wait_for_url(re.compile("data=circle"))
    press_until(page, "Tab", '[aria-label="Layers"]')
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("depth=5"))
    press_until(page, "Tab", ".pp-more summary")
    page.keyboard.press("Enter")
    press_until(page, "Tab", '[aria-label="Activation: A"]')
    page.keyboard.press("ArrowDown")
    page.wait_for_url(re.compile("activation=leaky"))
    page.keyboard.press("Escape")
    expect(page.locator(".pp-panel-more")).to_be_hidden()
    press_until(page, "Tab", ".pp-card-b select")
    press_until(page, "Tab", ".pp-card-b .pp-units")
    before = page.locator(".pp-card-a .pp-units").get_attribute("aria-valuenow")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".pp-card-a .pp-units")).not_to_have_attribute(
        "aria-valuenow", before or ""
    )
    press_until(page, "Tab", ".pp-experiments summary")
    page.keyboard.press("Enter")
    press_until(page, "Tab", ".pp-experiments a")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("depth=10"))
    press_until(page, "Shift+Tab", ".pp-modes button:last-child", most=80)
    page.keyboard.press("Enter")
    expect(page.locator(".pp-chain")).to_be_visible()
    press_until(page, "Tab", '.pp-chain [aria-label="Layers"]')
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("chain_layers=8"))


def test_fingers_draw_points_and_select_layers_on_a_phone(new_page: NewPage) -> None:
    page = new_page(390, 844)
    open_file(page, f"lang=ko&{SMALL}")
    reach(page, 5)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
    touch = page.context.new_cdp_session(page)

    def tap(selector: str, across: float, down: float) -> None:
        page.locator(selector).scroll_into_view_if_needed()
        box = page.locator(selector).bounding_box()
        assert box
        point = {"x": box["x"] + across * box["width"], "y": box["y"] + down * box["height"]}
        touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
        touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    tap(".pp-card-a .pp-units", 0.99, 0.1)
    expect(page.locator(".pp-card-b .pp-units")).to_have_attribute("aria-valuenow", "4")
    tap('.pp-data [aria-label="점 직접 그리기"]', 0.5, 0.5)
    expect(page.locator(".pp-seen")).to_have_text(say("ko", "playground.own.none"))
    tap(".pp-card-a .pp-plane", 0.2, 0.2)
    page.wait_for_url(re.compile("points=..a$|points=..a&"))
    tap(f'button:text-is("{say("ko", "playground.own.first")}")', 0.5, 0.5)
    tap(".pp-card-b .pp-plane", 0.8, 0.8)
    page.wait_for_url(re.compile("points=..a..b"))
    page.get_by_role("button", name=say("ko", "playground.mode.chain")).click()
    expect(page.locator(".pp-chain")).to_be_visible()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390


def test_a_screen_reader_hears_what_is_seen(page: Page) -> None:
    open_file(page, f"lang=en&{SMALL}")
    spoken = page.locator(".pp-networks .pp-spoken[role=status]")
    expect(spoken).to_have_text(re.compile("^After [0-9,]+ updates the plain network of 4 layers"))
    for sign, name in (("a", "plain, 4 layers"), ("b", "residual, 4 layers")):
        plane = page.locator(f".pp-card-{sign} .pp-plane")
        expect(plane).to_have_attribute("aria-label", re.compile(f"as {name} divides it"))
    page.get_by_role("button", name=say("en", "playground.mode.chain")).click()
    expect(page.locator(".pp-chain .pp-spoken[role=status]")).to_have_text(
        re.compile("^With 7 layers")
    )


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080)])
def test_on_a_projector_networks_and_curves_are_seen_together(
    new_page: NewPage, width: int, height: int
) -> None:
    page = new_page(width, height)
    open_file(page, "lang=en&embed=true")
    reach(page, 5)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= width
    boxes = [page.locator(f".pp-card-{sign}").bounding_box() for sign in "ab"]
    curve = page.locator(".pp-panel-error .pp-curves").bounding_box()
    assert boxes[0]
    assert boxes[1]
    assert curve
    assert boxes[0]["y"] == boxes[1]["y"]
    assert curve["y"] + curve["height"] <= height
