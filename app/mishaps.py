"""What a page shows when something goes wrong that it did not expect: a sentence."""

from __future__ import annotations

import logging

import streamlit as st

from app.explanations import explain
from app.texts import t
from resnet_core.errors import PlaygroundError

_log = logging.getLogger(__name__)


def on_script_error(error: Exception) -> bool:
    """Show what happened and what to do, in place of a traceback; the log has that.

    Returns:
        True: nothing else is to be shown.
    """
    if isinstance(error, PlaygroundError):
        st.error(explain(error))
        return True
    _log.error("a page failed", exc_info=error)
    st.error(t("common.error.unexpected", error=type(error).__name__))
    return True
