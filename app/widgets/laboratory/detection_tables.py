"""The paper's Tables 7 and 8: what another backbone did for detection."""

from __future__ import annotations

import streamlit as st

from app.language.texts import t
from app.widgets.architecture.block_card import table
from resnet_core.paper.detection import TABLE_7, TABLE_8


def detection_tables() -> None:
    """Show both as one table."""
    st.markdown(f"**{t('labs.transfer.tables.title')}**")
    names = ("data", "overlap", "vgg", "resnet", "gain")
    rows = [
        (
            f"{one.data} ({t('labs.transfer.tables.number', n=number)})",
            one.overlap,
            f"{one.vgg_16:.1f}",
            f"{one.resnet_101:.1f}",
            f"{one.gain:+.1f}",
        )
        for number, part in ((7, TABLE_7), (8, TABLE_8))
        for one in part
    ]
    headings = [t(f"labs.transfer.tables.{name}") for name in names]
    table(headings, rows, t("labs.transfer.tables.title"))
    st.caption(t("labs.transfer.tables.said"))
