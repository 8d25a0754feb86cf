"""Pages as a person waits for them: a real browser on the real server, and long runs."""

from __future__ import annotations

import itertools
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.page_state.view import View
from app.server.answers import Answer
from app.server.chart_answers import ChartRequest, Charts, Feed
from benchmarks import browser, long_runs
from benchmarks.server import Server
from benchmarks.side_by_side import compare, table
from resnet_core.runs import queries
from resnet_core.system import home

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Of each page of the navigation's first level: its path, and what it is looked at for.
PAGES = {
    "Puzzle": ("/", ".pg-panel .main-svg"),
    "Train": ("/train", "svg .stream, svg [data-layer]"),
    "Runs": ("/runs", "[class*=st-key-run-]"),
    "Compare": ("/compare", ".pg-panel .main-svg"),
    "Ledger": ("/ledger", "[data-testid=stPopover]"),
}
_EMPTY = """import streamlit as st
def one(): st.title("One")
def two(): st.title("Two")
st.navigation([st.Page(one, url_path="one"), st.Page(two)], position="top").run()
"""
_EMPTY_PATHS = ("/two", "/")
_REST = 0.3  # seconds between two clicks: what a page goes on doing is its own cost
_POINTS = 30


@dataclass
class Visits:
    """Seconds until changes to one page were drawn, and of the server's cores."""

    waited: list[float] = field(default_factory=list)
    worked: list[float] = field(default_factory=list)


def sections(quick: bool) -> Iterator[str]:
    with _temporary_home() as folder:
        every = (1000, 500) if quick else (100, 10)
        yield _answers([long_runs.add_long(each) for each in every], rounds=1 if quick else 5)
        long_runs.add_many(many := 50 if quick else 1000)
        try:
            with browser.opened() as page:
                title = f"## From the click to the settled page, with {many:,} runs on record"
                yield f"{title}\n\n{_page_changes(page, folder, rounds=1 if quick else 2)}\n"
                yield _live_points(page, folder, 3 if quick else _POINTS)
        except browser.Missing as error:
            yield f"## Pages in a browser\n\nLeft out: {error}\n"


def _answers(ids: Sequence[tuple[str, ...]], rounds: int) -> str:
    """Return the table of what the server computes and sends for charts of long runs."""
    recorded = tuple(run.id for run in queries.recorded() if run.group == "one-minute")[:4]
    groups = {"the home page's recordings": recorded}
    groups |= {f"{_length(group[0]):,} records each": group for group in ids}
    feed, rows = Feed(), []
    for kind, view in (("charts", View()), ("maps", View(heat=True)), ("history", View())):
        answers: dict[str, Answer] = {}

        def answer(name: str, kind: str = kind, view: View = view, answers: dict = answers) -> None:
            ask = Charts(feed).history if kind == "history" else Charts(feed).now
            answers[name] = ask(ChartRequest(runs=groups[name], view=view))

        comparison = compare({name: lambda name=name: answer(name) for name in groups}, rounds)
        for name in groups:
            size = len(answers[name].zipped or answers[name].body) / 1000
            slower = comparison.median(name) / comparison.median(comparison.names[0])
            row = (f"{kind}, {name}", f"{1000 * comparison.median(name):.0f}", f"{slower:.1f}")
            rows.append((*row, f"{size:.0f}"))
    headings = ("answer for four runs", "ms, median", "times the home page's", "kB zipped")
    title = "## Charts of runs of 64k iterations x 110 layers, without cached answers"
    return f"{title}\n\n{table(headings, rows)}\n"


def _length(run_id: str) -> int:
    return len(queries.telemetry(run_id).frame)


def _page_changes(page: Page, folder: Path, rounds: int) -> str:
    script = folder / "empty.py"
    script.write_text(_EMPTY, encoding="utf-8")
    names = list(PAGES)
    visits = {name: Visits() for name in ("an empty page of Streamlit", *names)}
    first: dict[str, float] = {}
    with Server(folder) as server, Server(folder, str(script)) as empty:
        other = page.context.new_page()
        empty.wait_for(b"<html", "/")
        other.goto(empty.url)
        other.wait_for_selector("h1")
        server.wait_for(b"<html", "/")
        browser.open_charts(page, server.url)
        for name in (*names[1:], names[0]):
            first[name] = browser.change(page, *PAGES[name])
        for _ in range(rounds):
            for name in circuit(names):
                _visit(page, server, PAGES[name], visits[name])
            for path in _EMPTY_PATHS * 4:
                _visit(other, empty, (path, "h1"), visits["an empty page of Streamlit"])
    rows = [_row(name, one, visits, first.get(name)) for name, one in visits.items()]
    every = list(itertools.chain.from_iterable(visits[name].waited for name in names))
    rows.append(("every pair of pages", *_quantiles(every), "", "", ""))
    headings = ("change to", "p50, ms", "p95, ms", "times an empty page", "server, ms", "first, ms")
    return table(headings, rows)


def circuit(names: Sequence[str]) -> list[str]:
    """A walk from the first name that makes each change between two of them exactly once."""
    left = {name: [other for other in reversed(names) if other != name] for name in names}
    path, walk = [names[0]], []
    while path:
        if left[path[-1]]:
            path.append(left[path[-1]].pop())
        else:
            walk.append(path.pop())
    return walk[::-1][1:]


def _visit(page: Page, server: Server, where: tuple[str, str], visits: Visits) -> None:
    before = server.processor_seconds()
    visits.waited.append(browser.change(page, *where))
    time.sleep(_REST)
    visits.worked.append(server.processor_seconds() - before)


def _row(name: str, one: Visits, all_: dict[str, Visits], first: float | None) -> tuple[str, ...]:
    empty = next(iter(all_.values()))
    return (
        name,
        *_quantiles(one.waited),
        f"{np.median(one.waited) / np.median(empty.waited):.1f}",
        f"{1000 * np.median(one.worked):.0f}",
        "" if first is None else f"{1000 * first:.0f}",
    )


def _live_points(page: Page, folder: Path, points: int) -> str:
    """Records of a worker, and when a browser that follows the run has drawn each of them."""
    record = long_runs.add_running("live-run")
    written: dict[int, float] = {}
    with Server(folder) as server, long_runs.writer(record) as stream:
        server.wait_for(b"<html", "/")
        stream.append(long_runs.measurement(record, 0))
        stream.append(long_runs.measurement(record, 1))
        browser.open_charts(page, f"{server.url}/compare?runs={record.id}")
        browser.watch_points(page)
        for iteration in range(2, 2 + points):
            stream.append(long_runs.measurement(record, iteration))
            written[iteration] = time.time()
            time.sleep(0.37)  # no multiple of the browser's own rhythm
        page.wait_for_function(f"{1 + points} in window.drawnAt")
        drawn = browser.drawn_at(page)
    waits = [
        min(at for newest, at in drawn.items() if newest >= iteration) - then
        for iteration, then in written.items()
    ]
    rows = [("from the worker's record to the drawn point", *_quantiles(waits))]
    return f"## A live chart\n\n{table((f'{points} points', 'p50, ms', 'p95, ms'), rows)}\n"


def _quantiles(seconds: Sequence[float]) -> tuple[str, str]:
    p50, p95 = np.percentile(seconds, [50, 95])
    return f"{1000 * p50:.0f}", f"{1000 * p95:.0f}"


@contextmanager
def _temporary_home() -> Iterator[Path]:
    # A supervisor of the servers may still be writing its last words there.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        before = os.environ.get(home.VARIABLE)
        os.environ[home.VARIABLE] = folder
        try:
            yield Path(folder)
        finally:
            os.environ.pop(home.VARIABLE)
            if before is not None:
                os.environ[home.VARIABLE] = before
