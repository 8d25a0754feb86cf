"""The playground's chains of one number a layer against the laboratory's and a reference."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from app.widgets.playground.playground import words
from docs import playground
from resnet_core.labs.convergence import run as laboratory
from resnet_core.labs.convergence.question import Settings
from resnet_core.labs.convergence.verdicts import FORMS, SHIFTED
from tests.browser.playground_modules import evaluate, open_modules
from tests.browser.test_playground import reach

STEPS = 2000
_DESCEND = """async (chains, load) => {
    const { descend } = await load("chain.mjs");
    return chains.map(({ form, w, settings, most }) => {
        const { steps, product } = descend(form, Float64Array.from(w), settings, { most });
        return [Number.isFinite(steps) ? steps : null, product];
    });
}"""


@pytest.fixture
def modules(page: Page) -> Page:
    open_modules(page)
    return page


def written(w: list[float], residual: bool, rate: float, decay: float, target: float) -> float:
    """Steps of one chain, in plain Python; inf where it does not arrive."""
    for step in range(STEPS + 1):
        layers = [1 + value for value in w] if residual else w
        y = math.prod(layers)
        if abs(y - target) < 1e-3:
            return step
        if not math.isfinite(y):
            break
        slopes = [
            (y - target) * math.prod(layers[:at]) * math.prod(layers[at + 1 :])
            for at in range(len(w))
        ]
        w = [value - rate * (slope + decay * value) for value, slope in zip(w, slopes, strict=True)]
    return math.inf


@pytest.mark.parametrize("decay", [0.0, 0.01])
def test_steps_equal_the_laboratory_s(modules: Page, decay: float) -> None:
    settings = Settings(steps=STEPS, decay=decay)
    chains: list[dict[str, Any]] = []
    expected: list[float] = []
    for form in (*FORMS, SHIFTED):
        for depth in laboratory.DEPTHS[:-1]:
            starts = laboratory.initial(form, settings, depth)
            for rate in (0.1, 0.03):
                asked = {"rate": rate, "decay": decay, "target": laboratory.TARGET}
                rows = [
                    {"form": form, "w": w, "settings": asked, "most": STEPS}
                    for w in starts.tolist()
                ]
                chains += rows
                expected += laboratory.steps_needed(form, starts, rate, settings).tolist()
    found = [
        math.inf if steps is None else steps for steps, _ in evaluate(modules, _DESCEND, chains)
    ]
    assert found == expected
    assert 0.2 < np.isfinite(expected).mean() < 1  # some arrive, some do not


@pytest.mark.parametrize("target", [1.0, 1.1, 2.0])
def test_steps_equal_a_written_reference_s(modules: Page, target: float) -> None:
    draw = np.random.default_rng(4)
    chains: list[dict[str, Any]] = []
    expected = []
    for depth in (1, 2, 3, 5, 8):
        for residual in (False, True):
            for rate, decay in ((0.03, 0.0), (0.01, 0.0), (0.01, 0.002)):
                w = (draw.standard_normal(depth) * (0.1 if residual else 1)).tolist()
                asked = {"rate": rate, "decay": decay, "target": target}
                form = "residual" if residual else "plain"
                chains.append({"form": form, "w": w, "settings": asked, "most": STEPS})
                expected.append(written(w, residual, rate, decay, target))
    found = [
        math.inf if steps is None else steps for steps, _ in evaluate(modules, _DESCEND, chains)
    ]
    assert found == expected


def test_a_plain_chain_started_at_1_is_the_residual_chain_until_weights_decay(
    modules: Page,
) -> None:
    same, decayed = evaluate(
        modules,
        """async (_, load) => {
            const { descend, initial } = await load("chain.mjs");
            const { chain } = (await load("settings.mjs")).defaults();
            return [0, 0.1].map((decay) => {
                const settings = { ...chain, layers: 7, decay, target: 2 };
                const path = (form) =>
                    descend(form, initial(form, settings), settings, { keep: true, most: 99 }).path;
                const [residual, shifted] = [path("residual"), path("shifted")];
                return Math.max(...residual.flatMap((w, step) => [...w].map((value, at) =>
                    Math.abs(value - (shifted[step]?.[at] ?? 0)))));
            });
        }""",
    )
    assert same < 1e-12
    assert decayed > 0.01


def test_the_same_seed_draws_the_same_chain_with_one_layer_more(modules: Page) -> None:
    short, long = evaluate(
        modules,
        """async (_, load) => {
            const { initial } = await load("chain.mjs");
            const { chain } = (await load("settings.mjs")).defaults();
            return [3, 4].map((layers) => [...initial("plain", { ...chain, layers })]);
        }""",
    )
    assert long[:3] == short


def test_the_mode_shows_the_steps_and_stands_in_the_address(page: Page) -> None:
    page.goto(f"{playground.FILE.as_uri()}?lang=en&mode=chain&chain_seed=2")
    root = page.locator(".pp-chain")
    seen = root.locator(".pp-seen")
    expect(seen).to_have_text(re.compile("^With 7 layers, the plain chain needs"))
    expect(page.locator(".pp-networks")).to_be_hidden()
    page.get_by_role("slider", name="Layers", exact=True).locator("visible=true").focus()
    page.keyboard.press("ArrowRight")
    expect(seen).to_have_text(re.compile("^With 8 layers"))
    page.wait_for_url(re.compile("mode=chain&.*chain_layers=8|chain_layers=8.*mode=chain"))
    steps = evaluate_in_file(page, {"layers": 8, "seed": 2})
    expect(root.locator(".pp-card .pp-note").first).to_have_text(f"{steps:,} steps")
    page.reload()
    expect(seen).to_have_text(re.compile("^With 8 layers"))
    expect(root.locator(".pp-panel-steps")).to_have_attribute("data-done", "true")
    rows = root.locator(".pp-panel-steps table tr")
    assert rows.nth(1).locator("td").all_text_contents()[0] == "1"


def evaluate_in_file(page: Page, changed: dict[str, float]) -> int:
    """Steps of a plain chain with these settings, by the modules of the file."""
    steps: int = page.evaluate(
        """(changed) => {
            const { descend, initial } = modules["chain.mjs"];
            const settings = { ...modules["settings.mjs"].defaults().chain, ...changed };
            return descend("plain", initial("plain", settings), settings).steps;
        }""",
        changed,
    )
    return steps


def test_the_networks_wait_while_the_chains_are_shown(page: Page) -> None:
    page.goto(f"{playground.FILE.as_uri()}?lang=en&mode=chain&depth=4&width=4")
    page.get_by_role("button", name="Two networks").click()
    reach(page, 20)
    page.get_by_role("button", name="One number a layer").click()
    expect(page.get_by_role("button", name="Show the descent")).to_be_visible()
    time = page.get_by_role("slider", name="Step of gradient descent")
    time.focus()
    page.keyboard.press("Home")
    expect(page.locator(".pp-chain")).to_have_attribute("data-step", "0")
    page.get_by_role("button", name="Two networks").click()
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_visible()  # it paused


def test_the_surface_alone_answers_its_sliders(modules: Page) -> None:
    texts = words("en")
    modules.evaluate(
        """async (words) => {
            const { open } = await import("./chain_component.mjs");
            window.view = open(document.body);
            window.view.update({ words, dark: false });
        }""",
        texts,
    )
    seen = modules.locator(".pp-seen")
    expect(seen).to_have_text(re.compile("^With 2 layers"))
    expect(modules.get_by_role("slider", name=texts["chain.label.layers"])).to_have_count(0)
    before = seen.text_content()
    modules.get_by_role("slider", name=texts["chain.label.rate"]).focus()
    modules.keyboard.press("End")
    expect(seen).not_to_have_text(before or "")
    modules.evaluate("(words) => window.view.update({ words, dark: false })", words("ko"))
    expect(seen).to_have_text(re.compile("^2층에서"))
    modules.evaluate("window.view.close()")
    expect(seen).to_have_count(0)
