"""The playground's networks in Chromium beside torch, the frames that a reader sees, its memory."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import pairwise
from typing import TYPE_CHECKING

import psutil
import torch
from torch import nn
from torch.nn import functional

from app.language.texts import say
from benchmarks import browser
from benchmarks.side_by_side import Comparison, table
from docs.playground import FILE

if TYPE_CHECKING:
    from playwright.sync_api import Page

LAYERS, WIDTH, BATCH = 40, 8, 50
_SLOWED = 4
_TRAINED = 600  # seconds of training over which memory must not grow
_RESETS = 200

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
# A reset every 40 ms.
_RESET = """async (count) => {
    for (let at = 0; at < count; at++) {
        document.querySelector(".pp-reset").click();
        await new Promise((resolve) => setTimeout(resolve, 40));
    }
}"""
_IDLE = """(begin) => document.querySelector(".pp-depths button").textContent === begin"""
# It rests after 20,000 updates, until something is changed or begun again.
_GO_ON = """(label) => {
    const rests = document.querySelector(".pp-play").title === label;
    if (rests) document.querySelector(".pp-reset").click();
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
            yield f"{_all_depths(page)}\n"
            page.reload()
            trained, resets = (3, 10) if quick else (_TRAINED, _RESETS)
            yield f"{memory(page, trained, resets)}\n"
    except browser.Missing as missing:
        yield f"{title}\n\nNot measured: {missing}\n"


def _updates(page: Page, rounds: int) -> str:
    """Both in seconds of their own thread's processor, which other programs do not lengthen."""
    count = 200
    page.evaluate(_BEGIN, [LAYERS, WIDTH, BATCH])
    update = _torch_update()
    torch_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def in_chromium() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return next(float(one["value"]) for one in metrics if one["name"] == "TaskDuration")

    seconds: dict[str, list[float]] = {"torch, one thread": [], "playground, Chromium": []}
    try:
        for number in range(rounds + 1):  # the first is a warm-up
            start = time.process_time()
            for _ in range(count):
                update()
            middle = time.process_time()
            before = in_chromium()
            page.evaluate(_UPDATE, count)
            if number:
                seconds["torch, one thread"].append(middle - start)
                seconds["playground, Chromium"].append(in_chromium() - before)
    finally:
        torch.set_num_threads(torch_threads)
    result = Comparison(seconds)
    rows = [
        [name, f"{count / result.median(name):.0f}", f"{result.faster(name):.1f}"]
        for name in result.names
    ]
    text = f"A residual network of {LAYERS} layers of {WIDTH}, batches of {BATCH}, one core."
    headings = ["", "updates a second of the processor", "times as fast"]
    return f"{text}\n\n{table(headings, rows)}"


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


def _all_depths(page: Page) -> str:
    """Train every depth by the button, in as many workers as it takes by itself."""
    begun, before = time.monotonic(), _used()
    begin = say("en", "playground.depths.begin")
    page.locator(".pp-depths button").click()
    page.wait_for_function(_IDLE, arg=begin, timeout=600_000)
    wall, used = time.monotonic() - begun, _used() - before
    rows = [["All depths: 60 trainings of 1,000 updates", f"{wall:.0f}", f"{used:.0f}"]]
    return table(["", "seconds", "seconds of the processor"], rows)


def memory(page: Page, trained: float, resets: int) -> str:
    """Megabytes after a minute at most, after `trained` seconds, and after the resets.

    The objects of the page itself after a collection; the resident memory of all of Chromium's
    page processes, which hold the worker too.
    """
    session = page.context.new_cdp_session(page)
    page.wait_for_function("Number(document.querySelector('.pp').dataset.step) > 20")

    def row(name: str) -> list[str]:
        session.send("HeapProfiler.collectGarbage")
        heap = session.send("Runtime.getHeapUsage")["usedSize"] / 1e6
        elements = session.send("Memory.getDOMCounters")["nodes"]
        return [name, f"{heap:.1f}", f"{elements:,}", f"{_resident() / 1e6:.0f}"]

    def train(until: float) -> None:
        while time.monotonic() < until:
            page.evaluate(_GO_ON, say("en", "playground.play"))
            page.wait_for_timeout(1000 * min(5.0, max(0.0, until - time.monotonic())))

    begun = time.monotonic()
    first = min(60.0, trained / 2)
    train(begun + first)
    rows = [row(f"after {first:.0f} s of training")]
    train(begun + trained)
    rows.append(row(f"after {trained:.0f} s of training"))
    page.evaluate(_RESET, resets)
    rows.append(row(f"after {resets} resets more"))
    headings = ["", "objects of the page, MB", "elements", "processes of the page, MB"]
    return f"Memory while two networks of 30 layers train.\n\n{table(headings, rows)}"


def _resident() -> int:
    """Return the resident memory of the renderers that this process started, bytes."""
    return sum(process.memory_info().rss for process in _renderers())


def _used() -> float:
    """Return the seconds of the processor that they have taken."""
    return sum(sum(process.cpu_times()[:2]) for process in _renderers())


def _renderers() -> list[psutil.Process]:
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if "--type=renderer" in process.cmdline():
                found.append(process)
    return found
