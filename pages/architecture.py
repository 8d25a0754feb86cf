"""Architecture: the paper's networks drawn, counted and compared."""

from __future__ import annotations

import streamlit as st

from app.language.texts import t
from app.page_state.initial_value import start_of
from app.widgets.architecture.costs import costs
from app.widgets.architecture.desk import Desk
from app.widgets.architecture.field import field
from app.widgets.architecture.picker import picker
from app.widgets.architecture.side_by_side import side_by_side
from app.widgets.architecture.state import VIEWS
from app.widgets.architecture.steps import steps


def page() -> None:
    st.title(t("architecture.title"))
    lead = st.empty()
    desk = Desk()
    key = desk.key("view")
    view = st.segmented_control(
        t("architecture.view.label"),
        VIEWS,
        default=start_of(key, desk.state.view),
        required=True,
        format_func=lambda name: t(f"architecture.view.{name}"),
        key=key,
        label_visibility="collapsed",
    )
    desk.change(view=view)
    lead.markdown(t(f"architecture.lead.{view}"))
    if view == "steps":
        steps(desk)
    else:
        picker(desk)
        {"networks": side_by_side, "cost": costs, "field": field}[view](desk)
    desk.write()


page()
