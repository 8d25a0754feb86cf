"""A laboratory's figures, verdict and progress as one component that follows them by itself.

It asks the read-only route of `app.server.routes` for news; the page is not run again for a new
row, so nothing flickers and what people zoomed or turned stays as it is.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import streamlit as st

from app import theme
from app.language import texts
from app.language.texts import t
from app.server import routes
from app.widgets.live_charts.live_charts import COMPONENT

_HERE = Path(__file__).parent
_WORDS = ("verdict", "also", "paper", "pending", "undecided", "progress", "reset", "lost")
_component = st.components.v2.component(
    "lab_figures",
    css=(_HERE / "lab_figures.css").read_text(encoding="utf-8"),
    js=COMPONENT,
    isolate_styles=False,
)


def lab_figures(
    lab_id: str,
    paper: str,
    key: str,
    *,
    active: bool = False,
    notice: str = "",
    stale: bool = False,
) -> None:
    """Show a result, and follow it while it grows.

    When it ends, the page is run once more, so that it can say so.

    Args:
        lab_id: of the result; "" shows the notice alone.
        paper: what the paper or a follow-up found, beside the verdict.
        key: of the widget; the same key is the same figures, whatever result they show.
        active: whether it is being computed.
        notice: a sentence above the figures, or "".
        stale: what is shown is not what the controls say; it is drawn faint.
    """
    language, dark = texts.language(), theme.is_dark()
    query = {"id": lab_id, "lang": language, "dark": "1" if dark else "0"}
    _component(
        key=key,
        data={
            "routes": routes.PREFIX,
            "version": routes.static_version(),
            "module": "lab_figures.mjs",
            "id": lab_id,
            "query": urlencode(query) if lab_id else "",
            "language": language,
            "active": active,
            "notice": notice,
            "stale": stale,
            "paper": paper,
            "words": {name: t(f"labs.common.{name}") for name in _WORDS},
        },
        on_ended_change=_nothing,
    )


def _nothing() -> None:
    """A callback that Streamlit needs in order to run the page at a trigger."""
