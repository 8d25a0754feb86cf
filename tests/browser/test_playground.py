"""The page Playground: two networks that train in the browser, by mouse, keyboard and link."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from app.language.texts import say
from tests.browser.conftest import NewPage
from tests.browser.playground import Playground

FAST = "/playground?lang=en&depth=4&width=4"


def open_playground(page: Page, playground: Playground, address: str = FAST) -> Locator:
    page.goto(playground.url + address)
    root = page.locator(".pp")
    expect(root).to_be_visible()
    reach(page, 1)
    return root


def reach(page: Page, step: int) -> None:
    """Wait until both networks have had so many updates."""
    page.wait_for_function(
        "(step) => Number(document.querySelector('.pp')?.dataset.step ?? -1) >= step", arg=step
    )


def step_of(page: Page) -> int:
    return int(page.locator(".pp").get_attribute("data-step") or -1)


def error_of(page: Page, sign: str) -> float:
    return float(page.locator(f".pp-card-{sign} .pp-error").inner_text().removesuffix(" %"))


def press(page: Page, word: str) -> None:
    page.get_by_role("button", name=say("en", f"playground.{word}"), exact=True).click()


def parameters(page: Page, pattern: str) -> None:
    """Wait until the URL matches."""
    page.wait_for_url(re.compile(pattern))


def test_at_first_the_deep_plain_network_fails_where_the_residual_one_learns(
    empty_playground: Playground, page: Page
) -> None:
    open_playground(page, empty_playground, "/playground?lang=en")
    reach(page, 600)
    assert error_of(page, "a") >= 20
    assert error_of(page, "b") <= 8
    seen = page.locator(".pp-seen").inner_text()
    assert "the plain network of 30 layers is wrong on" in seen
    assert "Only the residual network of 30 layers has learned them." in seen


def test_a_change_trains_anew_and_stands_in_the_address(
    empty_playground: Playground, page: Page
) -> None:
    root = open_playground(page, empty_playground)
    reach(page, 20)
    page.get_by_role("slider", name="Layers", exact=True).focus()
    page.keyboard.press("ArrowRight")
    expect(root.locator(".pp-card-b h3")).to_have_text("B · residual, 5 layers")
    parameters(page, "depth=5")
    root.get_by_role("button", name="Circle").click()
    parameters(page, "data=circle")
    page.locator(".pp-card-b select").select_option("1")
    parameters(page, "shortcut_b=1")
    page.locator(".pp-more summary").click()
    page.get_by_label("Activation: A", exact=True).select_option("tanh")
    parameters(page, "activation=tanh.*activation_b=relu")
    page.reload()
    expect(page.locator(".pp-card-a h3")).to_have_text("A · plain, 5 layers")
    expect(page.locator(".pp-card-b select")).to_have_value("1")
    expect(page.get_by_role("button", name="Circle")).to_have_attribute("aria-pressed", "true")


def test_pause_step_reset_and_a_look_back(empty_playground: Playground, page: Page) -> None:
    open_playground(page, empty_playground)
    reach(page, 50)
    press(page, "pause")
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_visible()
    page.wait_for_timeout(500)
    before = step_of(page)
    press(page, "step")
    page.wait_for_function(f"document.querySelector('.pp').dataset.step === '{before + 1}'")
    error = page.locator(".pp-card-b .pp-error").inner_text()
    time = page.get_by_role("slider", name=say("en", "playground.time"))
    time.focus()
    page.keyboard.press("Home")
    page.wait_for_function("document.querySelector('.pp').dataset.step === '0'")
    press(page, "newest")
    expect(page.locator(".pp-card-b .pp-error")).to_have_text(error)
    press(page, "reset")
    page.wait_for_function("document.querySelector('.pp').dataset.step === '0'")


def test_the_same_settings_end_in_the_same_place(empty_playground: Playground, page: Page) -> None:
    errors = []
    for _ in range(2):
        open_playground(page, empty_playground, f"{FAST}&seed=3")
        press(page, "pause")
        press(page, "reset")
        page.wait_for_function("document.querySelector('.pp').dataset.step === '0'")
        for step in range(1, 4):
            press(page, "step")
            page.wait_for_function(f"document.querySelector('.pp').dataset.step === '{step}'")
        errors.append((error_of(page, "a"), error_of(page, "b")))
        page.goto("about:blank")
    assert errors[0] == errors[1]


def test_arrow_keys_select_a_layer_in_both_networks(
    empty_playground: Playground, page: Page
) -> None:
    root = open_playground(page, empty_playground)
    first, second = (root.locator(f".pp-card-{sign} .pp-units") for sign in "ab")
    before = int(first.get_attribute("aria-valuenow") or 0)
    first.focus()
    page.keyboard.press("ArrowRight")
    for units in (first, second):
        expect(units).to_have_attribute("aria-valuenow", str(before + 1))
        expect(units).to_have_attribute("aria-valuetext", re.compile("^Layer 3 of 4, unit 1"))
    root.locator(".pp-panel-gradient .pp-curves").hover(position={"x": 50, "y": 60})
    expect(second).to_have_attribute("aria-valuenow", "0")


def test_another_language_leaves_the_training_alone(
    empty_playground: Playground, page: Page
) -> None:
    root = open_playground(page, empty_playground, f"{FAST}&depth_b=6")
    reach(page, 30)
    before = step_of(page)
    page.get_by_role("button", name="한국어").click()
    expect(root.locator(".pp-card-b h3")).to_have_text("B · 잔차 6층")
    assert step_of(page) >= before
    assert "depth_b=6" in page.url
    assert page.locator("[data-mounts]:has(> .pp)").get_attribute("data-mounts") == "2"


def test_drawn_points_are_learned_and_stand_in_the_address(
    empty_playground: Playground, page: Page
) -> None:
    root = open_playground(page, empty_playground)
    root.get_by_role("button", name="Draw points").click()
    expect(root.locator(".pp-seen")).to_have_text(say("en", "playground.own.none"))
    plane = root.locator(".pp-card-a .pp-plane")
    plane.click(position={"x": 40, "y": 40})
    plane.click(position={"x": 60, "y": 50})
    root.get_by_role("button", name=say("en", "playground.own.first")).click()
    plane.click(position={"x": 160, "y": 160})
    parameters(page, "points=(..a){2}..b")
    reach(page, 20)
    page.reload()
    reach(page, 100)
    assert error_of(page, "b") == 0
    root.get_by_role("button", name=say("en", "playground.own.clear")).click()
    expect(root.locator(".pp-seen")).to_have_text(say("en", "playground.own.none"))


def test_a_guess_is_answered_by_the_two_networks(empty_playground: Playground, page: Page) -> None:
    root = open_playground(page, empty_playground, "/playground?lang=en&width=3")
    root.get_by_role("button", name="worse").click()
    expect(root.locator(".pp-card-a h3")).to_have_text("A · plain, 40 layers")
    expect(root.locator(".pp-card-b h3")).to_have_text("B · plain, 10 layers")
    expect(root.locator(".pp-answer")).to_have_text(re.compile("After 1,000 updates, 40 layers"))


def test_embedded_it_shows_the_networks_alone(
    empty_playground: Playground, new_page: NewPage
) -> None:
    page = new_page(390, 844)
    root = open_playground(page, empty_playground, f"{FAST}&embed=true&hide=more,shortcut,guess")
    expect(page.get_by_role("heading", level=1)).to_have_count(0)
    expect(root.locator(".pp-more")).to_have_count(0)
    expect(root.locator(".pp-card select")).to_have_count(0)
    expect(page.locator(".pg-switches")).to_be_hidden()
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390


def test_all_depths_are_trained_and_charted(empty_playground: Playground, page: Page) -> None:
    root = open_playground(page, empty_playground, "/playground?lang=en&width=2&batch=10")
    begin = say("en", "playground.depths.begin")
    root.get_by_role("button", name=begin).click()
    expect(root.locator(".pp-depths [role=status]")).to_have_text(re.compile(" of 60 trainings"))
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_visible()  # it pauses
    expect(root.get_by_role("button", name=begin)).to_be_visible()
    rows = root.locator(".pp-depths table tr")
    expect(rows).to_have_count(7)
    assert rows.nth(6).locator("td").all_inner_texts()[0] == "40"
    assert "–" not in "".join(rows.locator("td").all_inner_texts())


def test_results_and_pictures_are_saved(
    empty_playground: Playground, page: Page, tmp_path: Path
) -> None:
    root = open_playground(page, empty_playground)
    reach(page, 50)
    press(page, "pause")
    page.wait_for_timeout(500)
    saved = {}
    for kind in ("csv", "json", "png", "svg"):
        with page.expect_download() as download:
            root.get_by_role("button", name=say("en", f"playground.save.{kind}")).click()
        saved[kind] = tmp_path / download.value.suggested_filename
        download.value.save_as(saved[kind])
    head, *lines = saved["csv"].read_text(encoding="utf-8").splitlines()
    assert head == "update,error_a,loss_a,error_b,loss_b"
    run = json.loads(saved["json"].read_text(encoding="utf-8"))
    assert list(run) == ["format", "query", "seed", "updates", "networks"]
    assert run["format"] == "residual-playground-run-1"
    assert run["query"] == "depth=4&width=4"
    assert run["updates"] == int(lines[-1].split(",")[0]) == step_of(page)
    for network, column in zip(run["networks"], (1, 3), strict=True):
        assert list(network) == ["settings", "error", "curve"]
        assert network["error"] == float(lines[-1].split(",")[column])
        assert network["curve"][-1] == [run["updates"], round(network["error"], 4)]
    assert [one["settings"]["shortcut"] for one in run["networks"]] == [0, 2]
    assert saved["png"].read_bytes().startswith(b"\x89PNG")
    assert saved["svg"].read_text(encoding="utf-8").count("<svg") == 4


def test_an_experiment_shows_its_settings(empty_playground: Playground, page: Page) -> None:
    root = open_playground(page, empty_playground)
    root.locator(".pp-experiments summary").click()
    links = root.locator(".pp-experiments a")
    expect(links).to_have_count(10)
    links.first.click()
    parameters(page, "depth=10")
    expect(root.locator(".pp-card-a h3")).to_have_text("A · plain, 10 layers")
    assert "width=4" not in page.url
