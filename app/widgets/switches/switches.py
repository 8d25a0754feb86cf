"""Language and colours, at the top of every page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from app import theme
from app.language import texts
from app.language.texts import t
from app.page_state.page import touch
from app.server import answers
from app.widgets.component import component

_component = component("switches", Path(__file__).parent, isolate_styles=False)


def switches(paths: Sequence[str]) -> None:
    """Show the switches; a new language takes effect at once, in place.

    Args:
        paths: of all pages, for which the selected theme is stored.
    """
    _component(
        key="switches",
        data={
            "paths": [f"{answers.base_path()}/{path}" for path in paths],
            "language": {
                "label": t("common.switch.language"),
                "chosen": texts.language(),
                "options": [["en", "EN", "English"], ["ko", "한", "한국어"]],
            },
            "theme": {
                "label": t("common.switch.theme"),
                "chosen": "Dark" if theme.is_dark() else "Light",
                "options": [
                    ["Light", "☀", t("common.switch.light")],
                    ["Dark", "☾", t("common.switch.dark")],
                ],
            },
        },
        on_language_change=_switch_language,
    )


def _switch_language() -> None:
    language = st.session_state["switches"].language
    if language in texts.LANGUAGES:
        touch()
        texts.choose(language)
