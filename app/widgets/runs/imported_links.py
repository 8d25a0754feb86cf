"""Where an imported network can be looked at."""

from __future__ import annotations

import streamlit as st

from app.page_state.links import page_link
from app.language.texts import t
from resnet_core.labs import catalog
from resnet_core.runs.record import RunRecord


def imported_links(run: RunRecord) -> None:
    """Compare, Attribution, the questions of why, and each laboratory that takes it."""
    with st.container(horizontal=True):
        page_link("compare", t("import.link.compare"), runs=run.id)
        page_link("attribution", t("import.link.attribution"), runs=run.id)
        page_link("why", t("import.link.why"))
    with st.expander(t("import.link.laboratories"), icon=":material/science:"):
        for name in catalog.NAMES:
            question = catalog.question(name)
            if question.most_runs and not question.refuses(run):
                page_link(f"labs/{name}", t(f"labs.{name}.title"), runs=run.id)
