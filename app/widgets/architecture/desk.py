"""The page's state between its URL, its controls and the session."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app import texts, theme
from app.texts import t
from app.widgets.architecture.state import State
from app.widgets.experiment_form.controls import escaped

_FORM = "architecture"


class Desk:
    """What stands on the page while it runs.

    Attributes:
        state: what is shown; parts of the page put what was changed back through `change`.
    """

    def __init__(self) -> None:
        self.state = State()
        self.dark = theme.is_dark()
        self.say = texts.speaker(texts.language())
        self._arrive()

    def key(self, name: str) -> str:
        """A widget's key: another one after each load and in each language, whose labels a
        widget would otherwise lose its value by."""
        return f"{_FORM}.{st.session_state.get(f'{_FORM}.generation', 0)}.{texts.language()}.{name}"

    def change(self, **values: Any) -> None:
        """Take over what a control holds."""
        self.state = self.state.changed(**values)

    def reload(self, **values: Any) -> None:
        """Change the state from outside the controls, and have these begin anew with it."""
        self.change(**values)
        self._new_generation()
        self.again()

    def again(self) -> None:
        """Show the page once more, with the state as it is now."""
        st.session_state[f"{_FORM}.next"] = self.state
        st.rerun()

    def write(self) -> None:
        """Put the state into the URL, without a run of the page where nothing changed."""
        query = self.state.to_query()
        st.session_state[f"{_FORM}.wrote"] = query
        st.session_state[f"{_FORM}.state"] = self.state
        present = st.query_params.to_dict()
        wanted = {**query, **{k: v for k, v in present.items() if k == texts.PARAMETER}}
        if present != wanted:
            st.query_params.from_dict(wanted)

    def _arrive(self) -> None:
        """Take the state from the URL, unless this page wrote that itself."""
        ready: State | None = st.session_state.pop(f"{_FORM}.next", None)
        if ready is not None:
            self.state = ready
            return
        query = st.query_params.to_dict()
        query.pop(texts.PARAMETER, None)
        kept: State | None = st.session_state.get(f"{_FORM}.state")
        if kept is not None and query == st.session_state.get(f"{_FORM}.wrote"):
            self.state = kept
            return
        self.state, unusable = State.from_query(query)
        self._new_generation()
        if unusable:
            names = ", ".join(name[:40] for name in unusable[:5])
            st.warning(t("architecture.url", names=escaped(names)))

    def _new_generation(self) -> None:
        name = f"{_FORM}.generation"
        st.session_state[name] = st.session_state.get(name, 0) + 1
