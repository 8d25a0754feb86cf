"""A headless Chromium that clicks, and tells how long a person would have waited."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

TIMEOUT = 60_000  # ms
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")

# From the click on a link of the navigation until the page it leads to is at rest and drawn:
# another heading, no script running, nothing left of the page before, every plot with its curves.
_CHANGE = """async ([path, drawn]) => {
    const heading = () => document.querySelector('h1')?.textContent;
    const inside = (root) => root.querySelector(drawn)
        ?? [...root.querySelectorAll('*')].find((one) => one.shadowRoot?.querySelector(drawn));
    const before = heading();
    const begun = performance.now();
    [...document.querySelectorAll('a[data-testid=stTopNavLink]')]
        .find((link) => new URL(link.href).pathname === path).click();
    const settled = () => heading() && heading() !== before
        && document.querySelector('[data-test-script-state=notRunning]')
        && !document.querySelector('[data-stale=true]')
        && !document.querySelector('.pg-plot:not(:has(.main-svg))')
        && inside(document);
    while (!settled()) {
        if (performance.now() - begun > 60000) throw new Error(`${path} does not settle`);
        await new Promise((resolve) => setTimeout(resolve, 4));
    }
    return performance.now() - begun;
}"""

# When a point of each iteration was first drawn, milliseconds since the epoch.
_WATCH = """() => {
    const plot = document.querySelector('.pg-panel-error .js-plotly-plot');
    window.drawnAt = {};
    plot.on('plotly_afterplot', () => {
        const newest = Math.max(...plot.data.flatMap((trace) => Array.from(trace.x)));
        window.drawnAt[newest] ??= Date.now();
    });
}"""


class Missing(Exception):
    """There is no browser; the message says what is not there."""


@contextmanager
def opened() -> Iterator[Page]:
    """A window without a past.

    Raises:
        Missing: Playwright or Chromium is not installed.
    """
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise Missing("Playwright is not installed (it is in requirements-dev.txt).") from error
    with sync_playwright() as playwright:
        system = next(filter(None, map(shutil.which, _NAMES)), None)
        path = system or playwright.chromium.executable_path
        if not Path(path).exists():
            raise Missing("no Chromium was found; `playwright install chromium` fetches one.")
        try:
            browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        except Error as error:
            raise Missing(f"{path} does not start: {error.message.splitlines()[0]}") from error
        window = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
        page = window.new_page()
        page.set_default_timeout(TIMEOUT)
        yield page
        browser.close()


def change(page: Page, path: str, drawn: str) -> float:
    """Click the way to another page; seconds until it is settled."""
    return float(page.evaluate(_CHANGE, [path, drawn])) / 1000


def open_charts(page: Page, url: str) -> None:
    """Open a page with live charts and wait for plotly's curves in all panels."""
    page.goto(url)
    page.wait_for_selector(".pg-panel-gradient .main-svg", state="attached")
    page.wait_for_selector("[data-test-script-state=notRunning]")


def watch_points(page: Page) -> None:
    """From now on, note when each new point of the error panel is drawn."""
    page.evaluate(_WATCH)


def drawn_at(page: Page) -> dict[int, float]:
    """Iteration -> when it was drawn, seconds since the epoch."""
    times: dict[str, Any] = page.evaluate("window.drawnAt")
    return {round(float(iteration)): at / 1000 for iteration, at in times.items()}
