"""The class on its page; it runs in the browser, which asks the class's routes for news."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from app import theme
from app.language import texts
from app.language.texts import Language
from app.page_data.lesson.document import document
from app.server import answers
from app.widgets.lesson.lesson import STYLE as LESSON_STYLE
from app.widgets.live_charts.live_charts import COMPONENT

_HERE = Path(__file__).parent
STYLE = LESSON_STYLE + (_HERE / "classroom.css").read_text(encoding="utf-8")
_AREA = "classroom.ui."
_component = st.components.v2.component("classroom", css=STYLE, js=COMPONENT, isolate_styles=False)
_bar = st.components.v2.component("class_bar", css=STYLE, js=COMPONENT, isolate_styles=False)


def classroom() -> None:
    """Show the class that the visitor leads or has joined, or a form to join one."""
    _component(
        key="classroom",
        data={**_data("class_component.mjs"), "document": document(texts.language())},
    )


def class_bar() -> None:
    """Show a student on another page that there is a class, and bring back who may not roam."""
    _bar(key="class_bar", data=_data("class_bar.mjs"))


def words(language: Language) -> dict[str, str]:
    """Return the component's texts by the last part of their keys; the browser fills in the
    placeholders."""
    names = [key.removeprefix(_AREA) for key in texts.catalogue() if key.startswith(_AREA)]
    return {name: texts.catalogue()[f"classroom.ui.{name}"][language] for name in names}


def _data(module: str) -> dict[str, Any]:
    return {
        "routes": answers.routes_path(),
        "base": answers.base_path(),
        "version": answers.static_version(),
        "module": module,
        "language": texts.language(),
        "words": words(texts.language()),
        "dark": theme.is_dark(),
    }
