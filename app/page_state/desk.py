"""A page's state between its URL, its controls and the session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, Protocol, TypeVar

import streamlit as st

from app import theme
from app.language import texts
from app.language.markdown import escaped
from app.language.texts import t
from app.page_state import url as page_url


class PageState(Protocol):
    """What a page's URL says, checked; a frozen value."""

    def to_query(self) -> dict[str, str]: ...

    def changed(self: State, **values: Any) -> State: ...

    @classmethod
    def from_query(cls: type[State], query: Mapping[str, str]) -> tuple[State, list[str]]: ...


State = TypeVar("State", bound=PageState)


class PageDesk(Generic[State]):
    """What stands on a page while it runs.

    Args:
        form: the page's name, the first part of each of its keys.
        kind: of the state; its defaults are what the page opens with.

    Attributes:
        state: what is shown; parts of the page put what was changed back through `change`.
    """

    def __init__(self, form: str, kind: type[State]) -> None:
        self.form = form
        self.state: State = kind()
        self.dark = theme.is_dark()
        self.say = texts.speaker(texts.language())
        self._arrive(kind)

    def key(self, name: str) -> str:
        """A widget's key: another one after each load and in each language, whose labels a
        widget would otherwise lose its value by."""
        generation = st.session_state.get(f"{self.form}.generation", 0)
        return f"{self.form}.{generation}.{texts.language()}.{name}"

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
        st.session_state[f"{self.form}.next"] = self.state
        st.rerun()

    def write(self) -> None:
        """Put the state into the URL, without a run of the page where nothing changed."""
        st.session_state[f"{self.form}.state"] = self.state
        page_url.write(self.form, self.state.to_query())

    def _arrive(self, kind: type[State]) -> None:
        """Take the state from the URL, unless this page wrote that itself."""
        ready: State | None = st.session_state.pop(f"{self.form}.next", None)
        if ready is not None:
            self.state = ready
            return
        query = page_url.read()
        if page_url.is_own(self.form, query):
            self.state = st.session_state[f"{self.form}.state"]
            return
        self.state, unusable = kind.from_query(query)
        self._new_generation()
        if unusable:
            names = ", ".join(name[:40] for name in unusable[:5])
            st.warning(t("architecture.url", names=escaped(names)))

    def _new_generation(self) -> None:
        name = f"{self.form}.generation"
        st.session_state[name] = st.session_state.get(name, 0) + 1
