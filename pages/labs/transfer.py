"""Transfer to detection and segmentation, with the paper's own tables below the figures."""

from __future__ import annotations

import streamlit as st

from app.language.texts import t
from app.widgets.architecture.block_card import table
from app.widgets.laboratory.laboratory import laboratory
from resnet_core.paper.detection import TABLE_7, TABLE_8


def detection_tables() -> None:
    """Show the paper's Tables 7 and 8, detection with another backbone, as one table."""
    st.markdown(f"**{t('labs.transfer.tables.title')}**")
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
    names = ("data", "overlap", "vgg", "resnet", "gain")
    headings = [t(f"labs.transfer.tables.{name}") for name in names]
    table(headings, rows, t("labs.transfer.tables.title"))
    st.caption(t("labs.transfer.tables.said"))


laboratory("transfer", below=detection_tables)
