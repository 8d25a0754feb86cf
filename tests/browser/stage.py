"""The one browser and the servers that the tests share, opened when first needed.

Not session fixtures: Playwright keeps an event loop running in this thread for as long as
it is open, in which other tests' `asyncio.run` fails. So all is closed when pytest leaves
this folder, and opened again should it come back.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright

from resnet_core.labs import catalog
from tests.browser.playground import Playground
from tests.browser.watch import Watch

REQUIRED = os.environ.get("RESIDUAL_PLAYGROUND_BROWSER") == "required"
TIMEOUT = 120_000  # ms; two cores may be busy with training and with other tests
# The questions before laboratories' results count as skipped, but where a test asks for them.
ANSWERED = f"""if (window.name !== "asks") for (const name of {json.dumps(catalog.NAMES)}) {{
    try {{ sessionStorage.setItem("playground:guess:" + name, "skip"); }} catch {{}}
}}"""
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # a classroom without a network
]


class Stage:
    def __init__(self) -> None:
        self._open = ExitStack()
        self._browser: Browser | None = None
        self._missing = ""  # why there is no browser, once that is known
        self._playgrounds: dict[str, Playground] = {}
        self._kept: set[Page] = set()
        self._windows: list[tuple[BrowserContext, Watch]] = []  # the first is shared by tests

    def browser(self) -> Browser:
        """A headless Chromium; the test skips, or fails where one is required, without it."""
        if self._browser is None:
            self._missing = self._missing or self._launch()
            if self._missing and REQUIRED:
                pytest.fail(f"RESIDUAL_PLAYGROUND_BROWSER is required, but {self._missing}")
            elif self._missing:
                pytest.skip(self._missing)
        assert self._browser is not None
        return self._browser

    def page(
        self,
        width: int = 1440,
        height: int = 900,
        scheme: Literal["light", "dark"] = "light",
        *,
        apart: bool = False,
        kept: bool = False,
    ) -> Page:
        """Open a page.

        Args:
            apart: in a context of its own; all others share one, and its cache.
            kept: `close_pages` leaves it open.
        """
        if apart or not self._windows:
            context = self.browser().new_context(locale="en-GB")
            context.set_default_timeout(TIMEOUT)
            context.add_init_script(ANSWERED)
            self._windows.append((context, Watch(context)))
        page = self._windows[-1 if apart else 0][0].new_page()
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        if kept:
            self._kept.add(page)
        return page

    @property
    def watch(self) -> Watch:
        """The watch of the shared context."""
        return self._windows[0][1]

    def forgive(self, page: Page) -> None:
        """Forget what a page complained of so far: the test made it."""
        for context, watch in self._windows:
            if page.context == context:
                watch.look()
                watch.complaints.clear()

    def complaints(self) -> list[str]:
        """Return what the browser complained of since the last call."""
        complaints = []
        for _, watch in self._windows:
            watch.look()
            complaints += watch.complaints
            watch.complaints.clear()
        return complaints

    def sections(self) -> list[tuple[str, str]]:
        """Return the text of each open page and the end of each server's log, with titles."""
        found = []
        for context, _ in self._windows:
            for page in context.pages:
                with suppress(Error):
                    found.append((page.url, page.locator("body").inner_text(timeout=5_000)))
        for name, playground in self._playgrounds.items():
            found.append((f"log of the server {name!r}", playground.said()[-5_000:]))
        return found

    def close_pages(self) -> None:
        """Close all pages but those that are kept, and delete what they stored."""
        for context, _ in self._windows:
            for page in context.pages:
                if page not in self._kept:
                    if page.url.startswith("http"):
                        page.evaluate("window.localStorage.clear()")
                    page.close()
            context.clear_cookies()
        for context, _ in self._windows[1:]:
            context.close()
        del self._windows[1:]

    def playground(self, name: str, **environment: str) -> Playground:
        """The server of this name, running."""
        if name not in self._playgrounds:
            folder = Path(tempfile.mkdtemp(prefix="residual-playground-")).resolve()
            self._open.callback(shutil.rmtree, folder, ignore_errors=True)
            home = folder / "home"
            home.mkdir()
            self._playgrounds[name] = Playground(home, **environment)
            self._open.callback(self._playgrounds[name].close)
        playground = self._playgrounds[name]
        if not playground.running:
            playground.start()
        return playground

    def close(self) -> None:
        self._open.close()
        self._browser = None
        self._playgrounds.clear()
        self._windows.clear()
        self._kept.clear()

    def _launch(self) -> str:
        """Start the browser; why there is none, else an empty text."""
        playwright = self._open.enter_context(sync_playwright())
        found = next(filter(None, map(shutil.which, _NAMES)), None)
        path = found or playwright.chromium.executable_path
        if not Path(path).exists():
            return "no Chromium was found; install one, or run `playwright install chromium`"
        try:
            self._browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        except Error as error:
            return f"{path} does not start: {error.message.splitlines()[0]}"
        self._open.callback(self._browser.close)
        expect.set_options(timeout=TIMEOUT)
        return ""
