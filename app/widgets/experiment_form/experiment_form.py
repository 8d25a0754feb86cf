"""The form's layout: the three that matter, how many, and the rest behind "more"."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app.texts import t
from app.widgets.experiment_form.controls import Controls, Errors
from app.widgets.experiment_form.draft import SEEDS
from app.widgets.experiment_form.effects import Effects
from app.widgets.experiment_form.fields import GROUPS, group_of
from app.widgets.starting import start_of


def main_controls(controls: Controls, errors: Errors, effects: Effects) -> None:
    """Family, depth and shortcut, and under each what the other choices would cost."""
    family, depth, shortcut = st.columns([5, 6, 5], gap="medium")
    with family:
        controls.show("family", errors)
    with depth:
        controls.show("depth", errors)
        st.caption(effects.by_depth())
    with shortcut:
        controls.show("shortcut", errors)
        st.caption(effects.by_shortcut())


def how_many(controls: Controls) -> None:
    """Ask whether the twin is trained as well, and for how many seeds."""
    twin, seeds = controls.key("twin"), controls.key("seeds")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.toggle(
            t("form.twin.label"),
            value=start_of(twin, controls.draft.twin),
            key=twin,
            help=t("form.twin.help"),
        )
        st.segmented_control(
            t("form.seeds.label"),
            tuple(range(1, SEEDS + 1)),
            default=start_of(seeds, controls.draft.seeds),
            key=seeds,
            required=True,
            help=t("form.seeds.help"),
        )


def more_controls(controls: Controls, errors: Errors, data_field: Callable[[], None]) -> None:
    """Everything else, a tab a group; a tab with an error says so and the whole is open."""
    at_fault = {group_of(field) for field in errors} - {None}
    with st.expander(t("form.more"), expanded=bool(at_fault), icon=":material/tune:"):
        titles = {group: _title(group, group in at_fault) for group in GROUPS}
        first = next((titles[group] for group in GROUPS if group in at_fault), None)
        tabs = st.tabs(list(titles.values()), default=first)
        for tab, (group, fields) in zip(tabs, GROUPS.items(), strict=True):
            with tab:
                if group == "data":
                    data_field()
                with st.grid(min_column_width=230, gap="medium"):
                    for control in fields:
                        with st.container():
                            controls.show(control.field, errors)


def _title(group: str, at_fault: bool) -> str:
    title = t(f"form.group.{group}")
    return f":material/error: {title}" if at_fault else title
