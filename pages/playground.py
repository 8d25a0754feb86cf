"""Two small networks that train in the reader's own browser."""

from __future__ import annotations

import streamlit as st

from app.language.texts import t
from app.page_state.page import page_link
from app.widgets.playground.playground import playground


def page() -> None:
    embedded = st.context.is_embedded
    if not embedded:
        st.title(t("playground.title"))
        st.markdown(t("playground.lead"))
    playground()
    if not embedded:
        st.markdown(t("playground.carry"))
        page_link("puzzle", t("playground.photographs"))


page()
