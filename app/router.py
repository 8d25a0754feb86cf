"""What surrounds every page: its title, the navigation, the two switches."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import texts, theme
from app.texts import t
from app.widgets.switches.switches import switches

PAGES = Path(__file__).resolve().parent.parent / "pages"
# In the order of the navigation; the first is the home page. Also the keys of the titles.
NAMES = ("puzzle", "train", "runs", "compare")


def show_page() -> None:
    """Run the page that the URL names, inside the common frame."""
    st.set_page_config(page_title=t("common.app"), layout="wide")
    texts.keep_in_url()
    theme.inject_style()
    page = st.navigation(
        [
            st.Page(path, title=t(f"common.nav.{path.stem}"), default=path.stem == NAMES[0])
            for path in (PAGES / f"{name}.py" for name in NAMES)
        ],
        position="top",
    )
    switches()
    page.run()
