"""What a widget begins with.

A value that is set through the session's state gets lost in the browser when the run that set
it is cut short by another one. A widget's own default does not, but must stay the same for as
long as the widget lives.
"""

from __future__ import annotations

from typing import TypeVar

import streamlit as st

Value = TypeVar("Value")
_STARTS = "starts"


def start_of(key: str, value: Value) -> Value:
    """The value with which the widget of this key began, which is this one if it begins now."""
    starts = st.session_state.setdefault(_STARTS, {})
    if key not in st.session_state or key not in starts:
        starts[key] = value
    found: Value = starts[key]
    return found
