"""A real Chromium on a real server. Where there is no browser, these tests skip with a reason,
unless RESIDUAL_PLAYGROUND_BROWSER=required."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

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
_stage = Stage()

NewPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.browser)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Close the browser and the servers with the last test here."""
    if nextitem is None or not nextitem.path.is_relative_to(_HERE):
        _stage.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failure what cannot be seen afterwards: the pages' texts and the servers' logs."""
    report = yield
    if report.failed and report.when == "call":
        report.sections += _stage.sections()
    return report


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


def stage() -> Stage:
    """Return the browser and servers that all tests here share, for modules with their own."""
    return _stage


@pytest.fixture
def empty_playground() -> Playground:
    """A server on whose home folder nobody ever trains."""
    _stage.browser()
    return _stage.playground("empty", RESIDUAL_PLAYGROUND_SPARES="0")


@pytest.fixture
def new_page() -> NewPage:
    """Opens further pages: of another size, in another colour scheme, in a context of its own."""
    return _stage.page


@pytest.fixture
def page() -> Page:
    return _stage.page()


@pytest.fixture(scope="module")
def module_page() -> Iterator[Page]:
    """One page for all tests of a module."""
    page = _stage.page(kept=True)
    yield page
    page.close()


@pytest.fixture
def watch(page: Page) -> Watch:
    """Complaints of the page's context."""
    return _stage.watch


@pytest.fixture(autouse=True)
def no_complaints() -> Iterator[None]:
    """A test fails at its end for what its pages complained of; then they are closed."""
    yield
    complaints = _stage.complaints()
    _stage.close_pages()
    assert not complaints, "\n".join(complaints)
