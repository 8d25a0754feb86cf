"""The playground's networks in Chromium beside torch, and the frames that a reader sees."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn import functional

from benchmarks import browser
from benchmarks.side_by_side import compare, table
from docs.playground import FILE

if TYPE_CHECKING:
    from playwright.sync_api import Page

LAYERS, WIDTH, BATCH = 40, 8, 50
_SLOWED = 4

# The modules of the file are in reach; networks train here in the page, not in a worker.
_BEGIN = """([depth, width, batch]) => {
    const { fromQuery, forTraining } = modules["settings.mjs"];
    const settings = fromQuery(new URLSearchParams({ depth, width, batch }));
    const { Training } = modules["training.mjs"];
    const data = modules["data.mjs"].dataset(settings);
    window.training = new Training(forTraining(settings, "b"), data);
}"""
_UPDATE = "(count) => { for (let at = 0; at < count; at++) window.training.update(); }"
# Frames of the screen and drawings of the playground, a second, while both networks train.
_FRAMES = """async (seconds) => {
    const root = document.querySelector(".pp");
    const drawn = () => Number(root.dataset.drawn);
    const [begun, before] = [performance.now(), drawn()];
    let frames = 0;
    while (performance.now() - begun < 1000 * seconds) {
        await new Promise((resolve) => requestAnimationFrame(resolve));
        frames += 1;
    }
    const passed = (performance.now() - begun) / 1000;
    return [frames / passed, (drawn() - before) / passed];
}"""
# Milliseconds from moving the slider of the layers until the new networks' name is drawn.
_CHANGE = """async (depth) => {
    const name = () => document.querySelector(".pp-card-a h3").textContent;
    const slider = document.querySelector(".pp-slide input");
    const begun = performance.now();
    slider.value = depth;
    slider.dispatchEvent(new Event("input"));
    while (!name().includes(` ${depth} `)) await new Promise(requestAnimationFrame);
    return performance.now() - begun;
}"""


def sections(quick: bool) -> Iterator[str]:
    title = "## The playground"
    try:
        with browser.opened() as page:
            page.goto(f"{FILE.as_uri()}?lang=en")
            page.wait_for_function("Number(document.querySelector('.pp').dataset.step) > 20")
            yield f"{title}\n\n{_frames(page, 1 if quick else 5)}\n"
            page.locator(".pp-play").click()
            yield f"{_updates(page, 1 if quick else 5)}\n"
    except browser.Missing as missing:
        yield f"{title}\n\nNot measured: {missing}\n"


def _updates(page: Page, rounds: int) -> str:
    count = 200
    page.evaluate(_BEGIN, [LAYERS, WIDTH, BATCH])
    update = _torch_update()
    torch_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        result = compare(
            {
                "torch, one thread": lambda: [update() for _ in range(count)],
                "playground, Chromium": lambda: page.evaluate(_UPDATE, count),
            },
            rounds,
        )
    finally:
        torch.set_num_threads(torch_threads)
    rows = [
        [name, f"{count / result.median(name):.0f}", f"{result.faster(name):.1f}"]
        for name in result.names
    ]
    text = f"A residual network of {LAYERS} layers of {WIDTH}, batches of {BATCH}, one core."
    return f"{text}\n\n{table(['', 'updates a second', 'times as fast'], rows)}"


def _torch_update() -> Callable[[], None]:
    """Return one update of the same network in torch."""
    sizes = [2, *[WIDTH] * (LAYERS + 1)]
    layers = [
        nn.Sequential(nn.Linear(inputs, units, bias=False), nn.BatchNorm1d(units))
        for inputs, units in pairwise(sizes)
    ]
    model = nn.Sequential(*layers, nn.Linear(WIDTH, 1))
    optimizer = torch.optim.SGD(model.parameters(), 0.03, momentum=0.9)
    points = torch.randn(BATCH, 2)
    classes = torch.where(points[:, 0] * points[:, 1] > 0, 1.0, -1.0)

    def update() -> None:
        x = torch.relu(layers[0](points))
        for first, second in zip(layers[1::2], layers[2::2], strict=True):
            x = torch.relu(x + second(torch.relu(first(x))))
        loss = functional.softplus(-classes * model[-1](x).squeeze(1)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return update


def _frames(page: Page, seconds: int) -> str:
    rows = []
    session = page.context.new_cdp_session(page)
    for name, rate in (("as it is", 1), (f"page slowed {_SLOWED} times", _SLOWED)):
        session.send("Emulation.setCPUThrottlingRate", {"rate": rate})
        frames, drawn = page.evaluate(_FRAMES, seconds)
        changes = [page.evaluate(_CHANGE, depth) for depth in (20, 31, 40, 30)]
        rows.append([name, f"{frames:.0f}", f"{drawn:.0f}", f"{statistics.median(changes):.0f}"])
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    headings = ["", "frames a second", "drawings a second", "ms until a change is drawn"]
    return f"Two networks of 30 layers while both train.\n\n{table(headings, rows)}"
