"""All questions at a glance, each with the verdict of its recorded experiment."""

from __future__ import annotations

import streamlit as st

from app.language import texts
from app.language.texts import t
from app.page_state.page import page_link
from app.router import laboratories
from resnet_core.labs.results import results

_COLUMNS = 2


def page() -> None:
    st.title(t("labs.common.overview_title"))
    st.markdown(t("labs.common.overview_lead"))
    names = laboratories()
    if not names:
        st.info(t("labs.common.overview_none"))
    for first in range(0, len(names), _COLUMNS):
        columns = st.columns(_COLUMNS, gap="medium")
        for column, name in zip(columns, names[first : first + _COLUMNS], strict=False):
            with column:
                _card(name)


def _card(name: str) -> None:
    """Show the question, which leads to its page, and the recorded verdict."""
    with st.container(border=True, height="stretch"):
        st.header(t(f"labs.{name}.title"))
        st.markdown(_verdict(name))
        page_link(f"labs/{name}", t(f"labs.{name}.nav"))


def _verdict(name: str) -> str:
    recorded = results.recorded(name)
    verdicts = recorded.sentences_in(texts.language()) if recorded else []
    return verdicts[0] if verdicts else t("labs.common.overview_unrecorded")


page()
