"""Every term in a sentence, with the experiment that shows it."""

from __future__ import annotations

import streamlit as st

from app.language import glossary
from app.language.texts import escaped, t
from app.page_state.page import Page, page_link
from app.page_state.view import GlossaryState
from app.router import title_key

_COLUMNS = 2


def page() -> None:
    shown = Page("glossary", GlossaryState)
    term = shown.state.term
    st.title(t("glossary.title"))
    st.markdown(t("glossary.lead"))
    shown.show_errors()
    if term in glossary.terms():
        with st.container(border=True):
            _entry(term)
    elif term:
        st.info(t("glossary.unknown", name=escaped(term[:40])))
    for group, terms in glossary.GROUPS.items():
        st.header(t(f"glossary.group.{group}"))
        _grid(list(terms))
    shown.write()


def _grid(terms: list[str]) -> None:
    for first in range(0, len(terms), _COLUMNS):
        columns = st.columns(_COLUMNS, gap="medium")
        for column, term in zip(columns, terms[first : first + _COLUMNS], strict=False):
            with column:
                _entry(term)


def _entry(term: str) -> None:
    st.markdown(f"**{t(f'glossary.term.{term}.name')}**  \n{t(f'glossary.term.{term}.text')}")
    place = glossary.page_of(term)
    page_link(place, t("glossary.see", page=t(title_key(place))))


page()
