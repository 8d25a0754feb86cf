"""A page's parameters in its URL: what they say, and whether the page itself wrote them.

A page writes what it shows at the end of its run. Parameters that it did not write are
somebody's wish, such as a link's or the Back button's, and set its controls anew.
"""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from app.language import texts


def read() -> dict[str, str]:
    """The page's parameters; the language is everybody's."""
    query: dict[str, str] = st.query_params.to_dict()
    query.pop(texts.PARAMETER, None)
    return query


def is_own(page: str, query: Mapping[str, str]) -> bool:
    """Whether this page wrote these parameters last."""
    return query == st.session_state.get(_key(page))


def write(page: str, query: Mapping[str, str]) -> None:
    """Put the page's state into the URL, without a run of the page where nothing changed."""
    st.session_state[_key(page)] = query
    if read() != query:
        present = st.query_params.to_dict()
        language = {name: text for name, text in present.items() if name == texts.PARAMETER}
        st.query_params.from_dict({**query, **language})


def _key(page: str) -> str:
    return f"{page}.wrote"
