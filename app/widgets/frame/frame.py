"""The page's language and title as the browser and screen readers know them; terms' cards."""

from __future__ import annotations

from pathlib import Path

from app import theme
from app.language import texts
from app.language.texts import t
from app.page_state.page import touch
from app.widgets.component import component

_component = component("frame", Path(__file__).parent, isolate_styles=False)


def frame(title: str) -> None:
    """Say what language the page is in, and show the sentence of a term under the pointer.

    Args:
        title: of the page, without the app's name.
    """
    _component(
        key="frame",
        data={
            "language": texts.language(),
            "title": f"{title} · {t('common.app')}",
            "colours": "dark" if theme.is_dark() else "light",
            "words": {"more": t("glossary.more")},
        },
        on_colours_change=touch,
    )
