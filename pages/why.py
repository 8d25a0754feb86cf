"""The questions as a path in the lesson's order; what was visited is marked and says its result."""

from __future__ import annotations

import streamlit as st

from app.language import texts
from app.language.texts import t
from app.page_data.chapters import chapters
from app.page_state.page import page_link
from app.router import laboratories
from app.widgets.laboratory.laboratory import visited
from resnet_core.labs.results import results


def page() -> None:
    st.title(t("labs.common.overview_title"))
    st.markdown(t("labs.common.overview_lead"))
    names = laboratories()
    if not names:
        st.info(t("labs.common.overview_none"))
    number = 0
    for chapter, questions in chapters(names).items():
        if questions:
            st.header(t(f"labs.common.chapter.{chapter}"))
        for name in questions:
            number += 1
            _step(number, name)


def _step(number: int, name: str) -> None:
    """Show the question, which leads to its page; the result once the reader has been there."""
    seen = name in visited()
    mark = f":green-badge[:material/check: {t('labs.common.visited')}]" if seen else ""
    with st.container(border=True, gap="small"):
        st.markdown(f"**{number}. {t(f'labs.{name}.title')}** {mark}")
        if seen:
            st.markdown(_verdict(name))
        page_link(f"labs/{name}", t(f"labs.{name}.nav"))


def _verdict(name: str) -> str:
    recorded = results.recorded(name)
    if recorded is None:
        return t("labs.common.overview_unrecorded")
    language = texts.language()
    return " ".join(recorded.in_short(language) or recorded.sentences_in(language)[:1])


page()
