"""What is added to the HTML of the home page."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from pathlib import Path

from app.language import texts
from app.language.texts import Language
from app.page_data import recordings
from app.page_state.view import View
from app.server import routes, static_files
from app.server.chart_answers import Question

_PANELS = ("error", "response", "gradient")
_HERE = Path(__file__).parent
_SKETCH = _HERE.parents[1] / "widgets" / "live_charts" / "sketch.mjs"


def language(query: Mapping[str, str], accepted: str) -> Language:
    """As `texts.language`, from the request alone."""
    for spoken in texts.LANGUAGES:
        if query.get(texts.PARAMETER) == spoken:
            return spoken
    return "ko" if accepted.strip().lower().startswith("ko") else "en"


def in_head() -> str:
    """The styles; and plotly.js, which is wanted soon, but after all else."""
    script = f".{static_files.PREFIX}/static/{static_files.static_version()}/plotly.min.js"
    return (
        f"<style>{_read('first_picture.css')}</style>"
        f'<link rel="preload" as="script" fetchpriority="low" href="{script}">'
    )


def in_body(spoken: Language) -> str:
    """The picture with all that it is drawn from; "" where there are no recordings.

    Nothing is fetched: every request would wait behind those for Streamlit's scripts.

    Raises:
        PlaygroundError: the recordings cannot be read.
    """
    ids = tuple(run.id for run in recordings.first())
    if not ids:
        return ""
    say = texts.speaker(spoken)
    charts = [routes.newest(Question(ids, View(), spoken, dark)) for dark in (False, True)]
    told = f"[{','.join(charts)}]".replace("<", "\\u003c")
    panels = "".join(
        f'<section data-panel="{name}"><h3></h3><div></div></section>' for name in _PANELS
    )
    return (
        f'<div id="pg-first" lang="{spoken}" aria-hidden="true" hidden>'
        f"<h1>{escape(say('home.title'))}</h1><p>{escape(say('home.lead'))}</p>"
        f'<p class="pg-first-caption"></p><div class="pg-first-panels">{panels}</div></div>'
        f'<script type="application/json" id="pg-first-data">{told}</script>'
        f"<script>{_script()}</script>"
    )


def _script() -> str:
    """The charts' own sketch and what draws with it here, as one script that runs at once."""
    sketch = _SKETCH.read_text(encoding="utf-8").replace("export function", "function")
    return f"(() => {{\n{sketch}\n{_read('first_picture.js')}}})();"


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")
