"""The lesson on its page; it runs in the browser, on what the server has measured."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import theme
from app.language import texts
from app.page_data.lesson.document import document
from app.server import answers
from app.widgets.live_charts.live_charts import COMPONENT

STYLE = (Path(__file__).parent / "lesson.css").read_text(encoding="utf-8")
_component = st.components.v2.component("lesson", css=STYLE, js=COMPONENT, isolate_styles=False)


def lesson() -> None:
    """Show the lesson; its place is in the URL, the reader's answers are in the browser."""
    _component(
        key="lesson",
        data={
            "routes": answers.routes_path(),
            "version": answers.static_version(),
            "module": "lesson_component.mjs",
            "document": document(texts.language()),
            "dark": theme.is_dark(),
        },
    )
