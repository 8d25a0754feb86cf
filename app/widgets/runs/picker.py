"""Choosing runs to look at together: by name, or a whole group at once."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Sequence
from typing import Any

import streamlit as st

from app.figures.labels import network_label, own_name
from app.language import texts
from app.language.texts import Speaker, t
from app.page_data import puzzle
from app.page_state.page import Page
from resnet_core.runs.record import RunRecord

_MOST_GROUPS = 6
_MOST_NAMED = 4


def run_picker(page: Page[Any], runs: Sequence[RunRecord]) -> None:
    """Let people choose among the runs; the page's `runs` are the ids in their order.

    Args:
        runs: newest first, recordings included.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        choose_runs(
            page,
            runs,
            t("compare.pick"),
            placeholder=t("compare.pick_hint"),
            label_visibility="collapsed",
        )
        _offer_groups(page, groups(runs))


def choose_runs(page: Page[Any], runs: Sequence[RunRecord], label: str, **how: Any) -> None:
    """Show the list of runs to choose from.

    Args:
        how: passed to `st.multiselect`.
    """
    labels = unique_labels(runs)
    key = page.key("runs")
    if key in st.session_state:
        # A run's label changes while it trains, and the browser knows a choice by its label.
        st.session_state[key] = [one for one in st.session_state[key] if one in labels]
    else:
        how["default"] = [one for one in page.state.runs if one in labels]
    run_ids = st.multiselect(
        label, list(labels), key=key, format_func=labels.__getitem__, on_change=page.touch, **how
    )
    page.change(runs=tuple(run_ids))


def unique_labels(runs: Sequence[RunRecord]) -> dict[str, str]:
    """Return each run's label by its id; equal labels get the id added.

    Streamlit tells options apart by what they read, so no two may be alike.
    """
    say = texts.speaker(texts.language())  # one look-up: there may be a thousand runs
    named = {run.id: run_label(run, say) for run in runs}
    often = Counter(named.values())
    return {
        run_id: label if often[label] == 1 else f"{label} · {run_id}"
        for run_id, label in named.items()
    }


def run_label(run: RunRecord, say: Speaker) -> str:
    """Return what tells a run from others: network, seed, data, state, error."""
    named = own_name(run) or network_label(run.experiment.network)
    parts = [named] if run.imported else [named, say("compare.seed", seed=run.experiment.seed)]
    if run.experiment.data != "shapes":
        parts.append(run.data_title or run.experiment.data)
    if run.recorded:
        parts.append(say("compare.recorded"))
    elif run.state != "finished":
        parts.append(say(f"common.state.{run.state}"))
    error = run.test_error if run.imported else run.train_error
    if error is not None:
        parts.append(f"{error:.1f} %")
    return " · ".join(parts)


def groups(runs: Sequence[RunRecord]) -> dict[str, list[RunRecord]]:
    """Return runs that were started together, newest group first, each in its own order."""
    by_name: dict[str, list[RunRecord]] = {}
    for run in runs:
        if run.group:
            by_name.setdefault(run.group, []).insert(0, run)
    return {
        name: sorted(members, key=lambda run: (run.created, run.position))
        for name, members in by_name.items()
        if len(members) > 1
    }


def _offer_groups(page: Page[Any], offered: dict[str, list[RunRecord]]) -> None:
    """Show a button for each set of runs that were started together: the newest, and those of the
    home page."""
    newest = list(offered)[:_MOST_GROUPS]
    home = [name for name in puzzle.recorded_groups() if name in offered]
    names = list(dict.fromkeys([*newest, *home]))
    if not names:
        return
    with st.popover(t("compare.groups")):
        for name in names:
            ids = tuple(run.id for run in offered[name])
            st.button(
                group_label(offered[name]),
                key=page.key(f"group.{name}"),
                type="tertiary",
                on_click=lambda ids=ids: page.load(runs=ids),
            )


def group_label(members: Sequence[RunRecord]) -> str:
    """Return the text of a group's button; a recorded set is called as on the home page."""
    recorded = all(run.recorded for run in members)
    if recorded and members[0].group in puzzle.GROUPS:
        return f"{t(f'home.set.{members[0].group}')} · {t('compare.recorded')}"
    networks = list(dict.fromkeys(network_label(run.experiment.network) for run in members))
    named = ", ".join(networks[:_MOST_NAMED]) + (", …" if len(networks) > _MOST_NAMED else "")
    if recorded:
        return f"{named} · {t('compare.recorded')}"
    began = datetime.datetime.fromtimestamp(min(run.created for run in members))
    return f"{named} · {began:%Y-%m-%d %H:%M}"
