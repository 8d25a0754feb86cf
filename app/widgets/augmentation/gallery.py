"""Several views of one picture in rows that fit the screen."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.language.texts import t
from app.page_data.pictures import Pixels
from app.widgets.augmentation.tile import framed


def gallery(views: Sequence[Pixels], name: str, heading: str, columns: int = 8) -> None:
    """Show the views, at most so many in a row, under a heading.

    Args:
        name: tells the galleries of a page apart.
    """
    st.markdown(heading)
    tiles = "".join(
        framed(view, t("augmentation.alt.view", number=number))
        for number, view in enumerate(views, start=1)
    )
    st.html(
        f"<style>.pg-gallery-{name} {{ display: grid; gap: 0.6rem; "
        f"grid-template-columns: repeat({columns}, minmax(0, 1fr)); }}"
        f"@media (max-width: 640px) {{ .pg-gallery-{name} {{ "
        f"grid-template-columns: repeat({min(columns, 4)}, minmax(0, 1fr)); }} }}</style>"
        f'<div class="pg-gallery-{name}">{tiles}</div>'
    )
