"""The architecture page's state while it runs."""

from __future__ import annotations

from app.page_state.desk import PageDesk
from app.widgets.architecture.state import State


class Desk(PageDesk[State]):
    """What stands on the page."""

    def __init__(self) -> None:
        super().__init__("architecture", State)
