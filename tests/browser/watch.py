"""What a browser complains of while a test uses it. Nothing may be left at the test's end."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response

# A page that is left gives its open questions up; that is no fault.
_GIVEN_UP = "net::ERR_ABORTED"
# On a page below the root Streamlit's client first looks for its server below that page.
_GUESS = re.compile(r"/[\w-]+/_stcore/(health|host-config)$")


class Watch:
    """Collects errors in the console, uncaught exceptions, failed and foreign requests."""

    def __init__(self, context: BrowserContext) -> None:
        self.complaints: list[str] = []
        self._deaf = False
        self._context = context
        context.on("console", self._console)
        context.on("weberror", lambda error: self._note(f"uncaught: {error.error}"))
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)

    @contextmanager
    def server_gone(self) -> Iterator[None]:
        """While the server is dead on purpose, requests may fail."""
        self._deaf = True
        try:
            yield
        finally:
            self._deaf = False

    def look(self) -> None:
        """Note the exceptions that are shown on the open pages."""
        for page in self._context.pages:
            for text in page.get_by_test_id("stException").all_inner_texts():
                self._note(f"an exception is shown: {text}", page.url)

    def _note(self, complaint: str, address: str = "") -> None:
        if not self._deaf and not _GUESS.search(address):
            self.complaints.append(f"{complaint} {address}".strip())

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._note(f"console: {message.text}", message.location["url"])

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and address.hostname != "127.0.0.1":
            self.complaints.append(f"asked elsewhere: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != _GIVEN_UP:
            self._note(f"failed: {request.failure}", request.url)

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self._note(f"answered {response.status}:", response.url)
