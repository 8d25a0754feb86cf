"""Errors in the reader's language, and what a page shows of an unexpected one."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from app.language.texts import Language, escaped, language, say, t
from resnet_core.errors import PlaygroundError
from resnet_core.system.texts import Message

_log = logging.getLogger(__name__)


def explain(error: Exception) -> str:
    """Return the error's sentence in the session's language, without the setting's name."""
    return sentence(error, language())


def sentence(error: Exception, language: Language) -> str:
    """Return the error's sentence in this language, without the setting's name."""
    return Message.of(error).sentence(language)


def stored_sentence(text: str, language: Language) -> str:
    """Return a stored message in this language; an earlier version's sentence stays as it is."""
    return Message.from_json(text).sentence(language)


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show an error of the block that a person can put right; the page goes on behind the block."""
    try:
        yield
    except PlaygroundError as error:
        st.error(escaped(explain(error)))


def on_script_error(error: Exception) -> bool:
    """Show what happened and what to do, in place of a traceback, which the log has.

    Returns:
        True: Streamlit shows nothing else.
    """
    if isinstance(error, PlaygroundError):
        st.error(explain(error))
        return True
    _log.error("a page failed", exc_info=error)
    if isinstance(error, OSError) and error.filename is not None:
        st.error(
            Message("errors.system.file", path=str(error.filename), reason=error).text(language())
        )
        return True
    st.error(t("common.error.unexpected", error=type(error).__name__))
    return True


def figure_error(error: Exception, language: Language, missing: str = "figures") -> str:
    """Return the text in place of figures; the log has an unexpected error's traceback.

    Args:
        missing: the entry under `common.error`: "figures" or "history".
    """
    if isinstance(error, PlaygroundError):
        return sentence(error, language)
    _log.error("figures could not be drawn", exc_info=error)
    return say(language, f"common.error.{missing}", error=type(error).__name__)
