"""A real Chromium on a real server. Where there is no browser, these tests skip with a reason,
unless RESIDUAL_PLAYGROUND_BROWSER=required."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from resnet_core.jobs import queue
from resnet_core.runs import queries
from resnet_core.runs.record import ACTIVE
from resnet_core.system.home import VARIABLE
from tests.browser.playground import Playground
from tests.browser.stage import Stage
from tests.browser.watch import Watch
from tests.small_runs import small_data

__all__ = ["small_data"]

_HERE = Path(__file__).parent
_PATIENCE = 60_000  # ms; two cores may be busy with training
_stage = Stage()

NewContext = Callable[..., BrowserContext]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Close the browser and the servers with the last test here."""
    if nextitem is None or not nextitem.path.is_relative_to(_HERE):
        _stage.close()


@pytest.fixture
def playground(monkeypatch: pytest.MonkeyPatch) -> Iterator[Playground]:
    """The server that the tests share; the test itself looks into the same home folder.

    No run goes on when the test is over.
    """
    _stage.browser()  # first, so that nothing starts where there is none
    shared = _stage.playground("shared")
    monkeypatch.setenv(VARIABLE, str(shared.home))
    yield shared
    for run in queries.runs():
        if run.state in ACTIVE:
            queue.stop(run.id, now=True)


@pytest.fixture
def empty_playground() -> Playground:
    """A server on whose home folder nobody ever trains."""
    _stage.browser()
    return _stage.playground("empty", RESIDUAL_PLAYGROUND_SPARES="0")


@pytest.fixture
def watches() -> Iterator[list[Watch]]:
    """Of all contexts of the test; what they have seen fails the test at its end."""
    made: list[Watch] = []
    yield made
    complaints = [complaint for watch in made for complaint in watch.complaints]
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def new_context(watches: list[Watch]) -> Iterator[NewContext]:
    """Makes browsers without a past."""
    expect.set_options(timeout=_PATIENCE)
    with ExitStack() as made:

        def make(**options: object) -> BrowserContext:
            options = {"viewport": {"width": 1440, "height": 900}, "locale": "en-GB", **options}
            context = _stage.browser().new_context(**options)
            context.set_default_timeout(_PATIENCE)
            watches.append(Watch(context))
            made.callback(context.close)
            made.callback(watches[-1].look)
            return context

        yield make


@pytest.fixture
def page(new_context: NewContext) -> Page:
    return new_context().new_page()


@pytest.fixture
def watch(page: Page, watches: list[Watch]) -> Watch:
    """What the page's context complains of."""
    return watches[0]
