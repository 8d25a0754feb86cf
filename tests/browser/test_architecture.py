"""The architecture and augmentation pages: what only a browser can show."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from app.language.texts import say
from tests.browser.conftest import NewPage
from tests.browser.playground import Playground
from tests.browser.test_pages import settled


def drawing(page: Page, place: int) -> Locator:
    return page.locator("svg.alone").nth(place)


def test_a_clicked_block_is_taken_apart_in_sight_and_stands_in_the_url(
    empty_playground: Playground, page: Page
) -> None:
    page.goto(f"{empty_playground.url}/architecture?lang=en")
    drawing(page, 2).locator("[data-block='layer1.1']").click()
    details = page.locator(".st-key-architecture-details")
    expect(details.get_by_text("y = ReLU(F(x) + x)")).to_be_visible()
    expect(details).to_be_in_viewport()
    expect(page).to_have_url(re.compile("blocks=%2C%2Clayer1.1"))
    drawing(page, 1).locator("[data-block='layer1.0']").focus()
    page.keyboard.press("Enter")
    expect(details.get_by_text("y = ReLU(F(x))", exact=True)).to_be_visible()
    details.get_by_role("button", name=say("en", "architecture.close")).click()
    expect(details).to_have_count(0)
    expect(page.locator("svg.alone .chosen")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("blocks"))


def test_a_fold_opens_with_a_click_and_closes_by_keyboard(
    empty_playground: Playground, page: Page
) -> None:
    page.goto(f"{empty_playground.url}/architecture?networks=imagenet/resnet-152&lang=en")
    blocks, stage = drawing(page, 0).locator("[data-block]"), "[data-fold='3']"
    expect(blocks).to_have_count(3 + 3 + 3 + 3)
    drawing(page, 0).locator(stage).click()
    expect(blocks).to_have_count(3 + 3 + 36 + 3)
    expect(page).to_have_url(re.compile("open=0-3"))
    page.reload()
    expect(blocks).to_have_count(3 + 3 + 36 + 3)
    drawing(page, 0).locator(stage).focus()
    page.keyboard.press("Enter")
    expect(blocks).to_have_count(3 + 3 + 3 + 3)


@pytest.mark.parametrize("view", ["networks", "steps", "cost", "field"])
def test_every_view_fits_the_screen(
    empty_playground: Playground, new_page: NewPage, view: str
) -> None:
    page = new_page(width=390, height=844)
    # Small networks: the costs of one image are measured for real.
    networks = "cifar/resnet-20,cifar/highway-20,cifar/preresnet-20"
    query = f"view={view}&networks={networks}&scope=chosen&lang=ko"
    page.goto(f"{empty_playground.url}/architecture?{query}")
    drawn = page.locator({"field": "img", "cost": ".js-plotly-plot"}.get(view, "svg.alone"))
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        expect(drawn.first).to_be_visible()
        page.wait_for_function(
            """() => {
                const main = document.querySelector("[data-testid=stMain]");
                return main.scrollWidth <= main.clientWidth;
            }"""
        )


def test_the_field_moves_with_the_unit(empty_playground: Playground, page: Page) -> None:
    query = "view=field&networks=imagenet/vgg-16&layer=features.10&across=0&down=0&lang=en"
    page.goto(f"{empty_playground.url}/architecture?{query}")
    frame = page.locator(
        "[data-testid='stHtml'] div[style*='2px solid'], .stHtml div[style*='2px solid']"
    )
    expect(frame).to_have_count(1)
    before = frame.bounding_box()
    expect(page.get_by_role("slider")).to_have_count(3)  # layer, across, down
    slider = page.get_by_role("slider").nth(1)
    slider.focus()
    page.keyboard.press("End")
    expect(page).to_have_url(re.compile("across=100"))
    page.wait_for_function(
        "left => document.querySelector(\"div[style*='2px solid']\")"
        ".getBoundingClientRect().left > left + 100",
        arg=before["x"] if before else 0,
    )


def test_a_draw_is_repeated_by_its_link_and_drawn_again_by_its_button(
    empty_playground: Playground, page: Page
) -> None:
    page.goto(f"{empty_playground.url}/augmentation?place=4&lang=en")
    again = page.get_by_role("button", name=say("en", "augmentation.again", seed=4))
    expect(again).to_have_count(1)
    settled(page)  # until then what is clicked may still move
    crop = page.get_by_alt_text(say("en", "augmentation.alt.crop"), exact=True)
    first = crop.get_attribute("src")
    again.click()
    expect(page).to_have_url(re.compile("place=5"))
    expect(crop).not_to_have_attribute("src", first or "")
    page.goto(f"{empty_playground.url}/augmentation?place=4&lang=en")
    expect(crop).to_have_attribute("src", first or "")


def test_an_own_picture_that_is_none_is_refused_in_a_sentence(
    empty_playground: Playground, page: Page
) -> None:
    page.goto(f"{empty_playground.url}/augmentation?lang=en")
    broken = {"name": "cat.png", "mimeType": "image/png", "buffer": b"\x89PNG and no more"}
    page.locator("input[type=file]").set_input_files(broken)
    expect(page.get_by_text("The file cat.png cannot be read as an image")).to_be_visible()
