"""The form's layout: the three that matter, how many, and the rest behind "more"."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app.language.texts import t
from app.page_state.initial_value import start_of
from app.widgets.experiment_form.controls import Controls, Errors, label
from app.widgets.experiment_form.draft import SEEDS
from app.widgets.experiment_form.effects import Effects
from app.widgets.experiment_form.fields import GROUPS, group_of


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
    """Everything else, a tab a group; open where there is an error, and as long as it is left.

    While it is closed its controls are not built: they are two thirds of the page. What was
    typed into them is the draft's.
    """
    at_fault = [group for group in GROUPS if group in {group_of(field) for field in errors}]
    key = f"{controls.form}.more"
    if at_fault:
        st.session_state[key] = True
    more = st.expander(t("form.more"), key=key, icon=":material/tune:", on_change="rerun")
    if not more.open:
        return
    with more:
        first = t(f"form.group.{at_fault[0]}") if at_fault else None
        tabs = st.tabs([t(f"form.group.{group}") for group in GROUPS], default=first)
        for tab, (group, fields) in zip(tabs, GROUPS.items(), strict=True):
            with tab:
                if group == "data":
                    data_field()
                with st.grid(min_column_width=230, gap="medium"):
                    for control in fields:
                        with st.container():
                            controls.show(control.field, errors)


def faults(errors: Errors) -> str:
    """The fields at fault, and behind which tab they stand: "Learning rate (Recipe)"."""
    named = []
    for field in errors:
        group = group_of(field)
        named.append(f"{label(field)} ({t(f'form.group.{group}')})" if group else label(field))
    return ", ".join(named)
