"""The playground's modules in a page of their own, without the app's server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route

WIDGETS = Path(__file__).resolve().parents[2] / "app" / "widgets"
_ADDRESS = "http://127.0.0.1:9/modules/"  # answered by this file; nothing listens there
_FOLDERS = (WIDGETS / "playground", WIDGETS / "live_charts")


def open_modules(page: Page) -> None:
    """Open an empty page beside which the modules lie."""
    page.route(f"{_ADDRESS}*", _answer)
    page.goto(f"{_ADDRESS}index.html")


def evaluate(page: Page, program: str, argument: Any = None) -> Any:
    """Return what an asynchronous function makes of the argument.

    Args:
        program: "async (argument, load) => ...", where `load("data.mjs")` is a module.
    """
    load = "(name) => import(`./${name}`)"
    return page.evaluate(f"(argument) => ({program})(argument, {load})", argument)


def _answer(route: Route) -> None:
    name = route.request.url.removeprefix(_ADDRESS)
    if name == "index.html":
        route.fulfill(content_type="text/html", body="<!doctype html><link rel=icon href=data:,>")
        return
    path = next(folder / name for folder in _FOLDERS if (folder / name).is_file())
    route.fulfill(content_type="text/javascript", body=path.read_text(encoding="utf-8"))
