"""What a page or a figure shows when something goes wrong that it did not expect: a sentence."""

from __future__ import annotations

import logging

import streamlit as st

from app.language.errors import explain, sentence
from app.language.texts import Language, say, t
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


def in_a_figures_place(error: Exception, spoken: Language, missing: str = "figures") -> str:
    """What stands where figures would be; of a fault the log has the traceback.

    Args:
        missing: the entry under `common.error` that says so: "figures" or "history".
    """
    if isinstance(error, PlaygroundError):
        return sentence(error, spoken)
    _log.error("figures could not be drawn", exc_info=error)
    return say(spoken, f"common.error.{missing}", error=type(error).__name__)
