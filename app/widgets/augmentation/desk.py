"""The augmentation page's state while it runs, and its buttons for other draws."""

from __future__ import annotations

import streamlit as st

from app.language.texts import t
from app.page_state.desk import PageDesk
from app.widgets.augmentation.state import State


class Desk(PageDesk[State]):
    """What stands on the page."""

    def __init__(self) -> None:
        super().__init__("augmentation", State)

    def draw_again(self, name: str) -> None:
        """A button that draws one thing again, its seed beside it."""
        seed = getattr(self.state, name)
        if st.button(
            t("augmentation.again", seed=seed),
            icon=":material/casino:",
            key=self.key(f"again.{name}"),
            help=t("augmentation.again_help"),
        ):
            self.state = self.state.drawn_again(name)
            self.again()
