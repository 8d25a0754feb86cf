"""Where a form begins, and what it leaves behind: URL, session, or a preset."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from app.widgets.experiment_form.controls import Controls
from app.widgets.experiment_form.draft import Draft
from app.widgets.experiment_form.presets import FIRST, draft_of
from resnet_core.errors import InvalidSetting
from resnet_core.experiments.experiment import Experiment
from resnet_core.experiments.presets import PRESETS

_OWN = {*Experiment.model_fields, "preset", "twin", "seeds"}


def opened(form: str) -> Controls:
    """The form as it was left, as its URL has it, or at the first preset."""
    query = {name: text for name, text in st.query_params.to_dict().items() if name in _OWN}
    left: Draft | None = st.session_state.get(_draft(form))
    wanted: Draft | None = st.session_state.pop(f"{form}.to_load", None)
    controls = Controls(form, left or draft_of(FIRST))
    if wanted is not None:
        load(controls, wanted)
    elif query and query != st.session_state.get(_query(form)):
        draft, errors = from_url(query)
        load(controls, draft)
        st.session_state[_unusable(form)] = errors
    elif left is None:
        load(controls, controls.draft)
    return controls


def unusable(form: str) -> dict[str, InvalidSetting]:
    """What in the URL gave way to a default, until the form is changed."""
    found: dict[str, InvalidSetting] = st.session_state.get(_unusable(form), {})
    return found


def load(controls: Controls, draft: Draft) -> None:
    """Show this draft. To be called before the controls are shown, or in a callback."""
    controls.load(draft)
    st.session_state[_draft(controls.form)] = draft
    st.session_state.pop(_unusable(controls.form), None)


def remember(controls: Controls) -> None:
    """Keep what was typed, and have the page's URL say it once it is an experiment."""
    form, draft = controls.form, controls.draft
    if st.session_state.get(_draft(form)) != draft:
        st.session_state.pop(_unusable(form), None)
        st.session_state[_draft(form)] = draft
    if not draft.errors():
        query = draft.to_query()
        st.session_state[_query(form)] = query
        others = {n: text for n, text in st.query_params.to_dict().items() if n not in _OWN}
        st.query_params.from_dict({**others, **query})


def from_url(query: Mapping[str, str]) -> tuple[Draft, dict[str, InvalidSetting]]:
    """The draft that a URL's parameters describe, from its preset or from the paper's values."""
    name = query.get("preset", "")
    errors = {}
    if name and name not in PRESETS:
        errors["preset"] = InvalidSetting(
            "preset", "setting.choice", given=name[:60], options=PRESETS
        )
        query = {field: text for field, text in query.items() if field != "preset"}
        name = ""
    draft, others = Draft.from_query(query)
    if not query.keys() & set(Experiment.model_fields):
        start = draft_of(name or FIRST)
        draft = replace(start, twin=draft.twin or start.twin, seeds=draft.seeds)
    return draft, {**errors, **others}


def _draft(form: str) -> str:
    return f"{form}.draft"


def _query(form: str) -> str:
    return f"{form}.query"


def _unusable(form: str) -> str:
    return f"{form}.unusable"
