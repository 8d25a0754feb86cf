"""Telling runs what to do, on the page Runs."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from app.language.texts import say
from resnet_core.errors import RunNotFound
from resnet_core.jobs import queue
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord
from tests.browser.conftest import NewPage
from tests.browser.playground import Playground
from tests.browser.seeds import reached, running, state_of


class Row:
    """One run in the list."""

    def __init__(self, page: Page, run: RunRecord) -> None:
        self.page = page
        self.run = run
        self.root = page.locator(f".st-key-run-{run.id}")

    def press(self, action: str) -> None:
        """The button that stands first."""
        self.root.get_by_role("button", name=words(f"runs.action.{action}")).click()

    def choose(self, action: str) -> None:
        """One of those in the menu."""
        self.root.get_by_role("button", name=words("runs.more")).click()
        self.page.get_by_role("menuitem", name=words(f"runs.action.{action}"), exact=True).click()

    def shows(self, state: str) -> None:
        """Wait until the index and the list both have the run in this state."""
        state_of(self.run.id, state)
        word = words(f"common.state.{state}")
        expect(self.root.locator(".stMarkdownBadge")).to_contain_text(word)


def test_a_run_is_paused_resumed_stopped_forked_and_deleted(
    playground: Playground, page: Page, small_data: Path
) -> None:
    run = running(small_data, name="obedient")
    page.goto(f"{playground.url}/runs?search=obedient")
    row = Row(page, run)
    row.shows("running")

    row.press("pause")
    row.shows("paused")
    paused = queries.run(run.id).iteration
    row.press("resume")
    row.shows("running")
    reached(run.id, paused + 1)
    row.choose("stop")
    row.shows("stopped")

    fork = forked_without_shortcuts(row)
    fork.shows("running")
    assert fork.run.parent == run.id
    assert fork.run.experiment.network == "cifar/plain-8"
    origin = words("runs.forked", parent=run.id, iteration=f"{fork.run.parent_iteration:,}")
    expect(fork.root).to_contain_text(origin)
    fork.choose("stop")
    fork.shows("stopped")

    delete(fork)
    expect(fork.root).to_have_count(0)
    with pytest.raises(RunNotFound):
        queries.run(fork.run.id)
    expect(row.root).to_be_visible()


@pytest.mark.parametrize("action", ["delete", "fork"])
def test_what_another_tab_has_deleted_is_missed_in_a_sentence(
    playground: Playground, new_page: NewPage, small_data: Path, action: str
) -> None:
    run = running(small_data, name="vanishing")
    queue.pause(run.id)
    state_of(run.id, "paused")
    here, there = Row(new_page(), run), Row(new_page(), run)
    for row in (here, there):
        row.page.goto(f"{playground.url}/runs?search=vanishing")
    here.choose(action)
    expect(yes(here.page, action)).to_be_visible()
    delete(there)
    expect(there.root).to_have_count(0)

    yes(here.page, action).click()
    sentence = here.page.get_by_text(f"There is no run '{run.id}'")
    expect(sentence).to_be_visible()
    expect(here.root).to_have_count(0)


def forked_without_shortcuts(row: Row) -> Row:
    """Fork the run from its newest checkpoint; the row of what came of it."""
    row.choose("fork")
    dialog = row.page.get_by_role("dialog")
    dialog.get_by_text(words("runs.fork.remove_shortcuts")).click()
    switch = dialog.get_by_role("switch", name=words("runs.fork.remove_shortcuts"))
    expect(switch).to_be_checked()
    yes(row.page, "fork").click()
    expect(dialog).to_be_hidden()
    (child,) = (run for run in queries.runs() if run.parent == row.run.id)
    return Row(row.page, child)


def delete(row: Row) -> None:
    row.choose("delete")
    yes(row.page, "delete").click()
    expect(row.page.get_by_role("dialog")).to_be_hidden()


def yes(page: Page, action: str) -> Locator:
    """The dialog's button that does it."""
    return page.get_by_role("dialog").get_by_role("button", name=words(f"runs.{action}.yes"))


def words(key: str, **values: object) -> str:
    return say("en", key, **values)
