"""A field for a person's own picture, checked before anything looks at it."""

from __future__ import annotations

import streamlit as st

from app.language.errors import explain
from app.language.markdown import fault
from app.language.texts import t
from app.page_data import pictures
from app.page_data.pictures import Pixels
from resnet_core.errors import PlaygroundError


def own_picture(key: str) -> Pixels | None:
    """The picture that was dropped, or None; what is wrong with it is said beneath.

    It stays in this session's memory and is kept nowhere.
    """
    given = st.file_uploader(
        t("architecture.own.label"),
        type=list(pictures.SUFFIXES),
        max_upload_size=pictures.MEGABYTES,
        help=t("architecture.own.help", megabytes=pictures.MEGABYTES),
        key=key,
    )
    if given is None:
        return None
    try:
        return pictures.read(given.name, given.getvalue())
    except PlaygroundError as error:
        st.markdown(fault(explain(error)))
        return None
