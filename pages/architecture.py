"""Architecture: the paper's networks drawn, counted and compared."""

from __future__ import annotations

import streamlit as st

from app.language.texts import t
from app.page_state.page import Page
from app.widgets.architecture.costs import costs
from app.widgets.architecture.drawings import field, side_by_side, steps
from app.widgets.architecture.state import ArchitectureState, picker


def show() -> None:
    st.title(t("architecture.title"))
    lead = st.empty()
    page = Page("architecture", ArchitectureState)
    page.show_errors()
    view = page.choice("view", "architecture.view", label_visibility="collapsed")
    lead.markdown(t(f"architecture.lead.{view}"))
    if view == "steps":
        steps(page)
    else:
        picker(page)
        {"networks": side_by_side, "cost": costs, "field": field}[view](page)
    page.write()


show()
