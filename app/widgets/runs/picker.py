"""Choosing runs to look at together: by name, or a whole group at once."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Sequence

import streamlit as st

from app.page_data import recordings
from app.language import texts
from app.figures.labels import network_label, own_name
from app.language.texts import Speaker, t
from resnet_core.runs.record import RunRecord

_MOST_GROUPS = 6
_MOST_NAMED = 4


def run_picker(runs: Sequence[RunRecord], key: str) -> tuple[str, ...]:
    """Let people choose among the runs; the ids they chose, in their order.

    Args:
        runs: newest first, recordings included.
        key: of the session state that holds the chosen ids.
    """
    named = unlike_labels(runs)
    st.session_state[key] = [run_id for run_id in st.session_state.get(key, []) if run_id in named]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.multiselect(
            t("compare.pick"),
            list(named),
            key=key,
            format_func=lambda run_id: named[run_id],
            placeholder=t("compare.pick_hint"),
            label_visibility="collapsed",
        )
        _offer_groups(groups(runs), key)
    return tuple(chosen)


def unlike_labels(runs: Sequence[RunRecord]) -> dict[str, str]:
    """Each run's label by its id; those that would read the same also say their id.

    Streamlit tells options apart by what they read, so no two may be alike.
    """
    say = texts.speaker(texts.language())  # asked once: there may be a thousand runs
    named = {run.id: run_label(run, say) for run in runs}
    often = Counter(named.values())
    return {
        run_id: label if often[label] == 1 else f"{label} · {run_id}"
        for run_id, label in named.items()
    }


def run_label(run: RunRecord, say: Speaker) -> str:
    """What tells a run from two hundred others: network, seed, data, state, error."""
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
    """Runs that were started together, newest group first, each in the order it was given."""
    found: dict[str, list[RunRecord]] = {}
    for run in runs:
        if run.group:
            found.setdefault(run.group, []).insert(0, run)
    return {
        name: sorted(members, key=lambda run: (run.created, run.position))
        for name, members in found.items()
        if len(members) > 1
    }


def _offer_groups(found: dict[str, list[RunRecord]], key: str) -> None:
    """One click for the runs of a preset; people rarely compare anything else."""
    names = list(found)[:_MOST_GROUPS]
    if not names:
        return
    with st.popover(t("compare.groups")):
        for name in names:
            label = group_label(found[name])
            st.button(
                label,
                key=f"{key}.{name}",
                type="tertiary",
                on_click=_choose,
                args=(key, [run.id for run in found[name]]),
            )


def group_label(members: Sequence[RunRecord]) -> str:
    """What a button for the whole group reads; a recorded set is called as on the home page."""
    recorded = all(run.recorded for run in members)
    if recorded and members[0].group in recordings.GROUPS:
        return f"{t(f'home.set.{members[0].group}')} · {t('compare.recorded')}"
    networks = list(dict.fromkeys(network_label(run.experiment.network) for run in members))
    named = ", ".join(networks[:_MOST_NAMED]) + (", …" if len(networks) > _MOST_NAMED else "")
    if recorded:
        return f"{named} · {t('compare.recorded')}"
    began = datetime.datetime.fromtimestamp(min(run.created for run in members))
    return f"{named} · {began:%Y-%m-%d %H:%M}"


def _choose(key: str, ids: list[str]) -> None:
    st.session_state[key] = ids
