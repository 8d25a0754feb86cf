"""Everything the interface says, in English and Korean, from one catalogue.

The catalogue is `assets/texts/*.toml`, one file a page or widget. An entry is

    [home.title]
    en = "The puzzle"
    ko = "수수께끼"

and `t("home.title")` is its text in the session's language, with `{placeholders}` filled.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import streamlit as st

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
PARAMETER = "lang"
CATALOGUE = Path(__file__).resolve().parents[2] / "assets" / "texts"

# Fills in an entry's text for one language; what figures take, so that they need no session.
Speaker = Callable[..., str]


def t(key: str, **values: object) -> str:
    """The entry's text in the session's language, with its placeholders filled.

    Raises:
        KeyError: the catalogue has no such entry, or a placeholder is given no value.
    """
    return say(language(), key, **values)


def say(spoken: Language, key: str, **values: object) -> str:
    """As `t`, in the language given."""
    return catalogue()[key][spoken].format(**values)


def speaker(spoken: Language) -> Speaker:
    """`t` for one language, outside any session."""
    return lambda key, **values: say(spoken, key, **values)


def language() -> Language:
    """The session's language: from the URL, else chosen before, else the browser's."""
    for choice in (st.query_params.get(PARAMETER), st.session_state.get(PARAMETER)):
        if choice in LANGUAGES:
            return choice
    return "ko" if (st.context.locale or "").lower().startswith("ko") else "en"


def choose(spoken: Language) -> None:
    """Speak this language from now on, on every page and in links that are shared."""
    st.session_state[PARAMETER] = spoken
    st.query_params[PARAMETER] = spoken


def keep_in_url() -> None:
    """Turning a page drops the URL's parameters; write a chosen language back."""
    chosen = st.query_params.get(PARAMETER)
    if chosen in LANGUAGES:
        st.session_state[PARAMETER] = chosen
    elif st.session_state.get(PARAMETER) in LANGUAGES:
        st.query_params[PARAMETER] = st.session_state[PARAMETER]


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Mapping[Language, str]]:
    """All entries by their dotted key.

    Raises:
        ValueError: an entry is in two files.
    """
    found: dict[str, Mapping[Language, str]] = {}
    for path in sorted(CATALOGUE.glob("*.toml")):
        for key, entry in _entries("", tomllib.loads(path.read_text(encoding="utf-8"))):
            if key in found:
                raise ValueError(f"{path.name} repeats the entry {key} of another file")
            found[key] = entry
    return found


def _entries(prefix: str, table: Mapping[str, Any]) -> list[tuple[str, Mapping[Language, str]]]:
    """The leaves of nested tables: those that hold the languages' texts."""
    if all(isinstance(value, str) for value in table.values()):
        return [(prefix, table)]  # type: ignore[list-item]
    return [
        leaf
        for name, part in table.items()
        for leaf in _entries(f"{prefix}.{name}" if prefix else name, part)
    ]
