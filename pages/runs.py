"""Runs: everything that a job can be told, live."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import services
from app.language.errors import explain
from app.language.markdown import escaped
from app.language.texts import language, t
from app.page_data.run_list import KINDS, counts, listed, matching
from app.page_state.initial_value import start_of
from app.page_state.links import page_link
from app.widgets.runs.actions import ASKED, said_of_missing
from app.widgets.runs.details import run_details
from app.widgets.runs.dialogs import CLEAR, IMPORT, is_waiting, open_asked
from app.widgets.runs.row import OPENED, run_row
from resnet_core.errors import PlaygroundError
from resnet_core.runs.record import RunRecord

KIND, SEARCH, PAGE = "runs.kind", "runs.search", "runs.page"
FAST, SLOW = 1.0, 5.0  # seconds from one look to the next, with and without active runs


def page() -> None:
    st.title(t("runs.title"))
    st.markdown(t("runs.lead"))
    _arrive()
    try:
        active = bool(services.active())
        records = services.runs()
    except PlaygroundError as error:
        st.error(explain(error))
        return
    open_asked(_matching(records))
    st.fragment(_list, run_every=FAST if active else SLOW)(active)


def _arrive() -> None:
    """A URL that names a kind, a search or a run sets the list anew; a bad kind is "all"."""
    query = st.query_params.to_dict()
    kind = query.get("kind", "all")
    if KIND not in st.session_state:
        if kind not in KINDS:
            st.warning(t("runs.unknown_kind", kind=kind[:40]))
        st.session_state[KIND] = kind if kind in KINDS else "all"
        st.session_state[SEARCH] = query.get("search", "")[:200]
        st.session_state.setdefault(OPENED, query.get("run") or None)


def _matching(records: Sequence[RunRecord]) -> list[RunRecord]:
    return matching(records, st.session_state[KIND], st.session_state[SEARCH])


def _list(was_active: bool) -> None:
    """The list as it is now; looks again every second or so."""
    records = services.runs()
    missed = said_of_missing(records)
    if missed is not None:
        st.warning(escaped(missed.sentence))
    if is_waiting() or (not was_active and services.active()):
        st.rerun()
    if not records:
        _nothing_yet()
        return
    _filters(records)
    shown = listed(
        records, st.session_state[KIND], st.session_state[SEARCH], st.session_state.get(PAGE, 1)
    )
    if not shown.matching:
        st.info(t("runs.no_match"))
    for run in shown.runs:
        with st.container(border=True, key=f"run-{run.id}"):
            run_row(run, shown.queued)
            if st.session_state.get(OPENED) == run.id:
                run_details(run)
    if shown.pages > 1:
        if st.session_state.get(PAGE, 1) > shown.pages:
            st.session_state[PAGE] = shown.pages
        st.pagination(shown.pages, key=PAGE)


def _filters(records: Sequence[RunRecord]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        # Another control in each language: Streamlit knows a choice by its label.
        key = f"{KIND}.{language()}"
        st.session_state[KIND] = st.segmented_control(
            t("runs.show"),
            list(KINDS),
            default=start_of(key, st.session_state[KIND]),
            key=key,
            required=True,
            wrap=True,
            format_func=lambda kind: t(f"runs.kind.{kind}"),
        )
        key = f"{SEARCH}.typed"
        st.session_state[SEARCH] = st.text_input(
            t("runs.search"),
            value=start_of(key, st.session_state[SEARCH]),
            key=key,
            icon=":material/search:",
            width=260,
        )
        st.button(
            t("runs.clear.open"), icon=":material/delete_sweep:", key="runs.clear", on_click=_clear
        )
        _offer_import()
    found = counts(records)
    st.caption(" · ".join(f"{t(f'runs.kind.{kind}')} {found[kind]}" for kind in KINDS))
    _write()


def _clear() -> None:
    st.session_state[ASKED] = (CLEAR, "")


def _offer_import() -> None:
    st.button(
        t("import.open"), icon=":material/file_open:", key="runs.import.open", on_click=_import
    )


def _import() -> None:
    st.session_state[ASKED] = (IMPORT, "")


def _write() -> None:
    """The URL says what is shown."""
    said = {
        "kind": st.session_state[KIND] if st.session_state[KIND] != "all" else "",
        "search": st.session_state[SEARCH],
        "run": st.session_state.get(OPENED) or "",
    }
    for name, value in said.items():
        if value:
            st.query_params[name] = value
        elif name in st.query_params:
            del st.query_params[name]


def _nothing_yet() -> None:
    st.info(t("runs.none"))
    with st.container(horizontal=True):
        page_link("puzzle", t("common.nav.puzzle"))
        page_link("train", t("common.nav.train"))
    _offer_import()


page()
