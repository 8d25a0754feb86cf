"""Each laboratory as somebody meets it: opened from nothing, run, its verdict read."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from app.language.texts import LANGUAGES, catalogue, say
from app.router import OVERVIEW, laboratories, url_path
from tests.browser.conftest import NewPage
from tests.browser.playground import Playground
from tests.browser.test_pages import fits
from tests.small_runs import wait_until

LONGEST = 240_000  # ms for a laboratory's settings below, on two busy cores

# Settings that make an experiment short: nearly the smallest that it offers.
SHORT: dict[str, dict[str, str]] = {
    "microscope": {"depth": "3", "steps": "20", "seeds": "1"},
    "convergence": {"deepest": "3", "steps": "200", "seeds": "3"},
    "graft": {"factor": "2", "updates": "5", "images": "100"},
    "dial": {"marks": "2", "updates": "10", "turns": "2", "images": "100"},
    "lesion": {"images": "100"},
    "paths": {"samples": "2", "images": "4"},
    "forward": {"images": "8"},
    "backward": {"images": "8"},
    "exploding": {"deepest": "20", "seeds": "2", "images": "8", "width": "4"},
    "start": {"depth": "14", "iterations": "30", "train_images": "64"},
    "court": {"depth": "14", "iterations": "30", "train_images": "128", "images": "50"},
    "shattered": {"depth": "10", "seeds": "1", "width": "32", "points": "64"},
    "landscape": {"resolution": "5", "images": "10"},
    "gates": {"depth": "8", "iterations": "10", "images": "20"},
    "sweep": {
        "depth": "14",
        "activations": "relu",
        "initializations": "he",
        "iterations": "20",
        "train_images": "128",
    },
    "ensemble": {"most_dropped": "1", "draws": "2", "images": "100"},
    "transfer": {"backbones": "frozen", "updates": "10", "images": "32"},
    "depth": {"train_images": "128", "deepest": "14", "iterations": "30", "images": "50"},
}


@pytest.mark.sampled
@pytest.mark.parametrize("name", laboratories())
def test_a_laboratory_runs_to_its_verdict(playground: Playground, page: Page, name: str) -> None:
    query = "&".join(f"{field}={value}" for field, value in SHORT[name].items())
    page.goto(f"{playground.url}/{url_path(name)}?{query}")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        catalogue()[f"labs.{name}.title"]["en"]
    )
    page.get_by_role("button", name="Run it here").click()
    result = page.locator(".lab:not(.lab-stale)[data-state=finished]")
    expect(result).to_be_visible(timeout=LONGEST)
    expect(result.locator(".lab-verdict:not(.lab-undecided) li").first).to_be_visible()
    expect(result.locator(".lab-figure[data-drawn]").first).to_be_visible()
    expect(page.get_by_role("button", name="Run it again")).to_be_visible()
    assert page.locator("[data-mounts]").last.get_attribute("data-mounts") == "1"


def test_a_click_on_a_cell_shows_its_curves_alone(playground: Playground, page: Page) -> None:
    page.goto(f"{playground.url}/{url_path('sweep')}")
    curves = page.locator("[data-figure=curves][data-drawn] .lab-plot")
    every = curves.evaluate("graph => graph.data.length")
    page.locator("[data-figure=excess] .nsewdrag").click()
    reset = page.locator("[data-figure=curves]").get_by_role("button", name="Reset zoom")
    expect(reset).to_be_visible()
    cells = "graph => graph.data.map((trace) => trace.meta.cell)"
    wait_until(lambda: len(curves.evaluate(cells)) == 2 < every, "two curves")
    assert len(set(curves.evaluate(cells))) == 1
    reset.click()
    expect(reset).to_be_hidden()
    wait_until(lambda: curves.evaluate("graph => graph.data.length") == every, "all curves")


def test_a_zoom_is_kept_while_rows_arrive_and_all_is_kept_when_it_is_stopped(
    playground: Playground, page: Page
) -> None:
    page.goto(f"{playground.url}/{url_path('microscope')}?steps=2000&depth=19")
    page.get_by_role("button", name="Run it here").click()
    figure = page.locator(".lab[data-state=running] .lab-figure[data-drawn]").first
    expect(figure).to_be_visible()
    graph = figure.locator(".lab-plot")
    graph.evaluate("graph => window.Plotly.relayout(graph, {'xaxis.range': [0, 7]})")
    status = page.locator(".lab-status")
    before = status.inner_text()
    expect(status).not_to_have_text(before)
    assert graph.evaluate("graph => [...graph._fullLayout.xaxis.range]") == [0, 7]
    expect(figure.get_by_role("button", name="Reset zoom")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".lab[data-state=stopped] .lab-figure[data-drawn]").first).to_be_visible()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


@pytest.mark.skipif("lesion" not in laboratories(), reason="the lesion laboratory is not there")
def test_a_click_on_a_block_removes_it_and_two_are_swapped(
    playground: Playground, page: Page
) -> None:
    page.goto(f"{playground.url}/{url_path('lesion')}?images=50")
    page.locator("svg.wide [data-block='layer2.1']").click()
    finished = page.locator(".lab:not(.lab-stale)[data-state=finished] .lab-verdict li").first
    expect(finished).to_contain_text("layer2.1", timeout=LONGEST)
    page.wait_for_url("**removed=layer2.1*")
    page.get_by_role("button", name="Click two to swap them").click()
    for block in ("layer3.1", "layer3.8"):  # those between them are drawn as one
        page.locator(f"svg.wide [data-block='{block}']").focus()
        page.keyboard.press("Enter")
    expect(finished).to_contain_text("layer3.1", timeout=LONGEST)
    page.wait_for_url("**swapped=layer3.1*")
    page.get_by_role("button", name="Make it whole again").click()
    expect(page.get_by_text("The network is whole.")).to_be_visible()


def test_every_laboratory_fits_a_phone(empty_playground: Playground, new_page: NewPage) -> None:
    """In turn in English and Korean, and by pairs in light and dark."""
    schemes = ("light", "dark")
    page = new_page(width=390, height=844)
    for number, name in enumerate([OVERVIEW, *map(url_path, laboratories())]):
        language, scheme = LANGUAGES[number % 2], schemes[number // 2 % 2]
        page.emulate_media(color_scheme=scheme)
        page.goto(f"{empty_playground.url}/{name}?lang={language}")
        fits(page, language, f"{name} in {language}, {scheme}")


def test_a_question_comes_before_the_result_and_is_asked_once(
    empty_playground: Playground, page: Page
) -> None:
    page.goto(f"{empty_playground.url}/lab-lesion?lang=en")
    page.evaluate("() => { window.name = 'asks'; sessionStorage.clear(); }")
    page.reload()
    question = page.locator(".lab-guess")
    expect(question).to_contain_text(say("en", "labs.lesion.ask.question"))
    expect(page.locator(".lab-findings")).to_be_hidden()
    question.get_by_role("button", name=say("en", "labs.lesion.ask.b")).click()
    expect(question).to_be_hidden()
    expect(page.locator(".lab-verdict li").first).to_be_visible()
    expect(page.locator(".lab-guessed")).to_contain_text(say("en", "labs.lesion.ask.b"))
    page.reload()
    expect(page.locator(".lab-guessed")).to_contain_text(say("en", "labs.lesion.ask.b"))
    expect(question).to_be_hidden()
    page.evaluate("sessionStorage.clear()")
    page.goto(f"{empty_playground.url}/lab-lesion?lang=en&images=100")
    expect(page.locator(".lab-paper")).to_be_visible()  # a link to a result is never held up
    expect(question).to_be_hidden()


def steps_of_one_number(residual: bool, target: float) -> int:
    """Gradient descent on (y - target)^2 / 2 from W = 0.1, written out."""
    w, steps = 0.1, 0
    while abs(w + residual - target) >= 0.02:
        w -= 0.15 * (w + residual - target)
        steps += 1
    return steps


def test_the_microscopes_block_counts_its_steps_and_its_tries_change_the_race(
    playground: Playground, page: Page
) -> None:
    page.goto(f"{playground.url}/{url_path('microscope')}")
    told, targets = page.locator(".blocks-told"), page.locator(".blocks-bar")
    for name, target in (("x", 1.0), ("0", 0.0), ("−x", -1.0)):
        targets.get_by_role("button", name=name, exact=True).click()
        steps = [steps_of_one_number(residual, target) for residual in (False, True)]
        expect(told).to_contain_text(f"target {name}: {steps[0]} and {steps[1]}.")
    page.get_by_label("Start the plain block at the identity, too").check()
    expect(told).to_contain_text("From the same start both take the same steps")
    page.get_by_role("button", name="Target −x").click()
    expect(page).to_have_url(re.compile("target=negative"))
