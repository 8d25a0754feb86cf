"""The session's language, texts of the catalogue in it, and text inside Streamlit's Markdown."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from resnet_core.system.texts import LANGUAGES, Language, catalogue
from resnet_core.system.texts import text as say

__all__ = ["LANGUAGES", "Language", "Speaker", "catalogue", "say", "speaker", "t"]

PARAMETER = "lang"
_SPECIAL = frozenset("\\`*_{}[]()<>#+!|$~:")

# Fills in an entry's text for one language; what figures take, so that they need no session.
Speaker = Callable[..., str]


def t(key: str, **values: object) -> str:
    """Return the entry's text in the session's language, with its placeholders filled.

    Raises:
        KeyError: the catalogue has no such entry, or a placeholder has no value.
    """
    return say(language(), key, **values)


def speaker(language: Language) -> Speaker:
    """Return `t` for one language, outside any session."""
    return lambda key, **values: say(language, key, **values)


def language() -> Language:
    """Return the session's language: from the URL, else chosen before, else the browser's."""
    for choice in (st.query_params.get(PARAMETER), st.session_state.get(PARAMETER)):
        if choice in LANGUAGES:
            return choice
    return "ko" if (st.context.locale or "").lower().startswith("ko") else "en"


def choose(choice: Language) -> None:
    """Use this language from now on, on every page and in links that are shared."""
    st.session_state[PARAMETER] = choice
    st.query_params[PARAMETER] = choice


def keep_in_url() -> None:
    """Write a chosen language back to the URL, whose parameters a turn of the page drops."""
    choice = st.query_params.get(PARAMETER)
    if choice in LANGUAGES:
        st.session_state[PARAMETER] = choice
    elif st.session_state.get(PARAMETER) in LANGUAGES:
        st.query_params[PARAMETER] = st.session_state[PARAMETER]


def escaped(text: str) -> str:
    """Escape the text so that Markdown shows it unchanged."""
    return "".join(f"\\{character}" if character in _SPECIAL else character for character in text)


def fault(text: str) -> str:
    """Return Markdown for an error beneath a control: small, red, with an icon; text escaped."""
    return f":small[:red[:material/error: {escaped(text)}]]"
