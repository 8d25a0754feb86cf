"""The frame of every page: its title, the navigation, the two switches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from app import theme
from app.language import texts
from app.language.texts import t
from app.page_state.page import begin_run
from app.roles import visitor
from app.widgets.classroom.classroom import class_bar
from app.widgets.frame.frame import frame
from app.widgets.switches.switches import switches
from resnet_core.labs import catalog

PAGES = Path(__file__).resolve().parent.parent / "pages"
HOME = "puzzle"
CLASSROOM = "classroom"
# In the order of the navigation. Also the keys of the titles.
MAIN = ("lesson", HOME, "playground", CLASSROOM, "train", "runs", "compare", "ledger")
# Opens the section of the laboratories, which are pages of their own.
OVERVIEW = "why"
# Looking into a network rather than asking why.
INSIDE = ("architecture", "attribution", "augmentation", "glossary")
NAMES = (*MAIN, OVERVIEW, *INSIDE)


def show_page() -> None:
    """Run the page that the URL names, inside the common frame."""
    st.set_page_config(page_title=t("common.app"), layout="wide")
    begin_run()
    texts.keep_in_url()
    theme.inject_style()
    sections = {
        "": _pages(MAIN),
        t("labs.common.section"): _laboratories(),
        t("common.nav.inside"): _pages(INSIDE),
    }
    page = st.navigation(sections, position="top")
    frame(page.title)
    switches([one.url_path for section in sections.values() for one in section])
    if page.url_path != CLASSROOM and visitor.current().role == "student":
        class_bar()
    page.run()


def title_key(name: str) -> str:
    """Return the catalogue's entry with the title of the page `pages/NAME.py`."""
    folder, _, laboratory = name.rpartition("/")
    if folder:
        return f"labs.{laboratory}.nav"
    return "labs.common.overview" if name == OVERVIEW else f"common.nav.{name}"


def laboratories() -> list[str]:
    """Return the laboratories that have a page, in their order."""
    return [name for name in catalog.NAMES if (PAGES / "labs" / f"{name}.py").is_file()]


def url_path(name: str) -> str:
    """Return the URL path of a laboratory's page."""
    return f"lab-{name}"


def _pages(names: Sequence[str]) -> list[st.Page]:
    return [
        st.Page(PAGES / f"{name}.py", title=t(f"common.nav.{name}"), default=name == HOME)
        for name in names
    ]


def _laboratories() -> list[st.Page]:
    """Return the overview of all questions, then a page for each."""
    return [
        st.Page(PAGES / f"{OVERVIEW}.py", title=t("labs.common.overview")),
        *(
            st.Page(
                PAGES / "labs" / f"{name}.py", title=t(f"labs.{name}.nav"), url_path=url_path(name)
            )
            for name in laboratories()
        ),
    ]
