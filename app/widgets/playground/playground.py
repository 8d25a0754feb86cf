"""Two small networks that train in the reader's browser; the server sends modules and texts."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import theme
from app.language import texts
from app.language.texts import Language
from app.server import answers
from app.widgets.live_charts.live_charts import COMPONENT

_HERE = Path(__file__).parent
STYLE = (_HERE / "playground.css").read_text(encoding="utf-8")
_AREA = "playground."
_component = st.components.v2.component("playground", css=STYLE, js=COMPONENT, isolate_styles=False)


def playground() -> None:
    """Show the playground; its whole state is in the browser and in the URL."""
    _show("playground", "playground_component.mjs")


def loss_surface(key: str) -> None:
    """Show the loss of a chain of two numbers with the paths of both forms, under sliders."""
    _show(key, "chain_component.mjs")


def _show(key: str, module: str) -> None:
    _component(
        key=key,
        data={
            "routes": answers.routes_path(),
            "version": answers.static_version(),
            "module": module,
            "words": words(texts.language()),
            "dark": theme.is_dark(),
        },
    )


def words(language: Language) -> dict[str, str]:
    """Return the component's texts by the last part of their keys; the browser fills in the
    placeholders."""
    names = [key.removeprefix(_AREA) for key in texts.catalogue() if key.startswith(_AREA)]
    entries = {name: texts.catalogue()[f"playground.{name}"] for name in names}
    return {"language": language, **{name: entry[language] for name, entry in entries.items()}}
