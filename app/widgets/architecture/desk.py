"""The architecture page's state while it runs."""

from __future__ import annotations

from app.widgets.architecture.state import State
from app.widgets.page_desk import PageDesk


class Desk(PageDesk[State]):
    """What stands on the page."""

    def __init__(self) -> None:
        super().__init__("architecture", State)
