"""Runs: the list of all runs, live, and everything that can be done with them."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.language.errors import errors_shown
from app.language.texts import escaped, t
from app.page_data.runs import KINDS, RunsState, active_runs, counts, listed, matching
from app.page_state.controls import Control
from app.page_state.page import Page, page_link, rerun
from app.roles import visitor
from app.widgets.runs.details import run_details
from app.widgets.runs.dialogs import CLEAR, IMPORT, ask_for, is_dialog_waiting, open_dialog
from app.widgets.runs.row import failure_of_missing, run_row
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord

NUMBER = "runs.page"  # session state: the page of the list, counted from 1
FAST, SLOW = 1.0, 5.0  # seconds from one look to the next, with and without active runs


def page() -> None:
    st.title(t("runs.title"))
    st.markdown(t("runs.lead"))
    runs = Page("runs", RunsState, keep=True)
    runs.show_errors(lambda name: t("runs.show") if name == "kind" else t("runs.search"))
    with errors_shown():
        active = bool(active_runs())
        records = visitor.visible(queries.runs())
        open_dialog(runs, matching(records, runs.state.kind, runs.state.search))
        st.fragment(_list, run_every=FAST if active else SLOW)(runs, active)


def _list(runs: Page[RunsState], was_active: bool) -> None:
    """Show the list as it is now; it is looked at again every second or so."""
    records = visitor.visible(queries.runs())
    failure = failure_of_missing(records)
    if failure is not None:
        st.warning(escaped(failure.sentence))
    if is_dialog_waiting() or (not was_active and active_runs()):
        rerun()
    if records:
        _filters(runs, records)
        _rows(runs, records)
    else:
        _nothing_yet()
    runs.write()


def _rows(runs: Page[RunsState], records: Sequence[RunRecord]) -> None:
    rows = listed(records, runs.state.kind, runs.state.search, st.session_state.get(NUMBER, 1))
    if not rows.matching:
        st.info(t("runs.no_match"))
    for run in rows.runs:
        with st.container(border=True, key=f"run-{run.id}"):
            run_row(runs, run, rows.queued)
            if runs.state.run == run.id:
                run_details(run)
    if rows.pages > 1:
        if st.session_state.get(NUMBER, 1) > rows.pages:
            st.session_state[NUMBER] = rows.pages
        st.pagination(rows.pages, key=NUMBER)


def _filters(runs: Page[RunsState], records: Sequence[RunRecord]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        runs.control(
            "kind",
            t("runs.show"),
            Control("buttons", tuple(KINDS)),
            format_func=lambda kind: t(f"runs.kind.{kind}"),
        )
        runs.control("search", t("runs.search"), icon=":material/search:", width=260)
        _dialog_button(t("runs.clear.open"), "delete_sweep", "runs.clear", CLEAR)
        _offer_import()
    count = counts(records)
    st.caption(" · ".join(f"{t(f'runs.kind.{kind}')} {count[kind]}" for kind in KINDS))


def _offer_import() -> None:
    _dialog_button(t("import.open"), "file_open", "runs.import.open", IMPORT)


def _dialog_button(label: str, icon: str, key: str, dialog: str) -> None:
    st.button(label, icon=f":material/{icon}:", key=key, on_click=ask_for, args=(dialog,))


def _nothing_yet() -> None:
    st.info(t("runs.none"))
    with st.container(horizontal=True):
        page_link("puzzle", t("common.nav.puzzle"))
        page_link("train", t("common.nav.train"))
    _offer_import()


page()
