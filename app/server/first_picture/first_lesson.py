"""The lesson inside the HTML that the server sends, to be seen before Streamlit has begun."""

from __future__ import annotations

import json
from pathlib import Path

from app.language.texts import Language
from app.page_data.lesson.document import document
from app.server import answers

_HERE = Path(__file__).parent
_LESSON = _HERE.parents[1] / "widgets" / "lesson"
# What `lesson.mjs` imports, itself included: loaded at once and not one after the other.
_MODULES = (*sorted(path.name for path in _LESSON.glob("*.mjs")), "dom.mjs", "linked.mjs")


def in_head() -> str:
    """Return the lesson's style, and what the browser is to load before Streamlit's scripts."""
    loads = "".join(f'<link rel="modulepreload" href="{_address(name)}">' for name in _MODULES)
    style = (_LESSON / "lesson.css").read_text(encoding="utf-8") + _read("first_lesson.css")
    return f"{loads}<style>{style}</style>"


def in_body(language: Language) -> str:
    """Return the place of the lesson with its document and script."""
    data = json.dumps(document(language), ensure_ascii=False).replace("<", "\\u003c")
    # Without `async` it would wait for Streamlit's scripts, which come first in the page.
    return (
        f'<div id="pg-lesson" lang="{language}"></div>'
        f'<script type="application/json" id="pg-lesson-data">{data}</script>'
        '<script type="module" async>'
        f'import {{ Lesson }} from "{_address("lesson.mjs")}";\n{_read("first_lesson.js")}</script>'
    )


def _address(name: str) -> str:
    return f"{answers.routes_path()}/static/{answers.static_version()}/{name}"


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
