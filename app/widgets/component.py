"""Components of the browser: a style sheet and a script that lie beside their module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st


def component(name: str, folder: Path, *, js: str = "", **options: Any) -> Any:
    """Return the component of NAME.css and NAME.js in a folder, to be shown by calling it.

    Args:
        js: the script where it is another one's.
        options: passed to Streamlit's function.
    """
    css = (folder / f"{name}.css").read_text(encoding="utf-8")
    js = js or (folder / f"{name}.js").read_text(encoding="utf-8")
    return st.components.v2.component(name, css=css, js=js, **options)
