"""The attribution page as somebody meets it: maps at once, another picture, one's own."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from app.language.texts import say
from resnet_core.runs import queries
from tests.browser.conftest import NewPage
from tests.browser.playground import Playground
from tests.browser.test_pages import fits

_COMPLETE = 12  # two networks: the picture and five maps


def _maps(page: Page, number: int = _COMPLETE) -> None:
    """All maps are there, and none is awaited."""
    expect(page.locator(".tile-row img")).to_have_count(number)
    expect(page.locator(".no-tile")).to_have_count(0)


def test_a_click_on_a_picture_brings_its_maps(playground: Playground, page: Page) -> None:
    page.goto(f"{playground.url}/attribution")
    _maps(page)
    expect(page.locator(".lab-verdict li").first).to_be_visible()
    first = page.locator(".tile-row").first.locator("img").nth(1)
    recorded = first.get_attribute("src") or ""
    page.locator(".pictures button").nth(8).click()
    expect(page).to_have_url(re.compile(r"picture=test(:|%3A)\d+"))
    expect(first).not_to_have_attribute("src", recorded)
    _maps(page)


def test_a_picture_of_ones_own_is_explained(
    playground: Playground, page: Page, tmp_path: Path
) -> None:
    picture = tmp_path / "sky.png"
    Image.linear_gradient("L").convert("RGB").save(picture)
    page.goto(f"{playground.url}/attribution?methods=saliency")
    _maps(page, 4)
    page.get_by_text("Your own picture").first.click()
    page.locator("input[type=file]").set_input_files(picture)
    expect(page).to_have_url(re.compile(r"picture=own(:|%3A)[0-9a-f]{32}"))
    _maps(page, 4)


def test_every_view_fits_a_phone(playground: Playground, new_page: NewPage) -> None:
    page = new_page(width=390, height=844)
    for view in ("maps", "checks", "layers"):
        page.goto(f"{playground.url}/attribution?view={view}&lang=ko")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            # Photographs have no masks, so not every view has a figure beside its pictures.
            expect(page.locator(".tile-row img, .lab-figure[data-drawn]").first).to_be_visible()
            fits(page, "ko", f"{view} in {scheme}")


def test_a_slider_goes_back_through_the_training_of_a_recorded_pair(
    playground: Playground, page: Page
) -> None:
    pair = "one-minute-plain-20-seed-0,one-minute-resnet-20-seed-0"
    page.goto(f"{playground.url}/attribution?lang=en&methods=saliency&runs={pair}")
    _maps(page, 4)
    page.get_by_text(say("en", "labs.attribution.setting.through_training")).click()
    moment = page.get_by_role("slider", name=say("en", "attribution.moment"))
    expect(moment).to_be_visible()  # all moments have come
    expect(page).to_have_url(re.compile("through_training=true"))
    expect(page.get_by_text("after 1060 iterations")).to_have_count(2)
    last = page.locator(".tile-row img").nth(1).get_attribute("src")
    moment.press("Home")
    expect(page.get_by_text("after 0 iterations")).to_have_count(2)
    expect(page.locator(".tile-row img").nth(1)).not_to_have_attribute("src", last or "")
    # Below them all moments side by side: before training, the checkpoints, the end.
    earlier = queries.RECORDED / "one-minute-plain-20-seed-0" / "earlier"
    _maps(page, 4 + 2 * (len(list(earlier.iterdir())) + 2))
