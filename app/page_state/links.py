"""Links from one page to another that keep the language."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from app.language import texts


def page_link(name: str, label: str, /, **query: str) -> None:
    """A link to the page `pages/NAME.py`, with the parameters its URL shall have."""
    chosen = {texts.PARAMETER: texts.language(), **query}
    try:
        # Relative to the entry file, app/main.py.
        st.page_link(
            f"../pages/{name}.py",
            label=label,
            icon=":material/arrow_forward:",
            query_params=chosen,
        )
    except StreamlitPageNotFoundError:
        # A page that is run by itself, as tests do, knows no other page.
        st.markdown(f"[{label}](/{name}?{urlencode(chosen, safe=',')})")
