"""State of the attribution page, and the choice of its picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import streamlit as st
from pydantic import Field

from app.language.errors import errors_shown, explain
from app.language.texts import escaped, t
from app.page_data.pictures import Album, album
from app.page_data.runs import find_runs
from app.page_state.page import Page, rerun
from app.widgets.component import component
from app.widgets.laboratory.state import LabState, setting_label, with_usable_networks
from resnet_core.data.own import uploaded_image
from resnet_core.errors import InvalidSetting, PlaygroundError
from resnet_core.labs.activations.question import LayerName
from resnet_core.labs.attribution.question import (
    QUESTION,
    Settings,
    image_name,
    image_place,
    upload_name,
)
from resnet_core.labs.results.request import LabRequest
from resnet_core.runs.cifar10 import on_the_sample

View = Literal["maps", "checks", "layers"]
NAME = QUESTION.name


class AttributionState(LabState):
    """Networks and settings of the laboratory `attribution`, and what the page shows of them.

    Attributes:
        layer: shown by the activation browser beside the additions, or "".
    """

    settings: Settings = Settings()
    runs: tuple[str, ...] = QUESTION.runs
    view: View = "maps"
    layer: LayerName = Field("", max_length=80)

    def request_for(self, laboratory: str, **settings: Any) -> LabRequest:
        """Return the request for one of the page's laboratories.

        Raises:
            PlaygroundError: no network is chosen, or one cannot be used.
        """
        if laboratory == NAME:
            return self.request(QUESTION)
        return LabRequest.create(laboratory, self.runs, **settings)


AttributionPage = Page[AttributionState]


def open_page() -> AttributionPage:
    """Return the page with the state of its URL, and show the URL's errors."""
    refused: list[InvalidSetting] = []

    def arrive(state: AttributionState, query: Mapping[str, str]) -> AttributionState:
        usable, error = with_usable_networks(QUESTION, state, query)
        refused.extend([error] if error else [])
        assert isinstance(usable, AttributionState)
        return usable

    page = Page(NAME, AttributionState, arrive)
    for error in refused:
        page.report("runs", error)
    page.show_errors(_field_label)
    return page


def _field_label(field: str) -> str:
    labels = {"view": "attribution.view.label", "layer": "attribution.layer"}
    return t(labels[field]) if field in labels else setting_label(NAME, field)


_KEY = "attribution-grid"
_TYPES = ("png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff", "ppm", "pgm")
_TAKEN = "attribution.taken"  # the uploads that were taken over already
_component = component(
    "picture_grid", Path(__file__).parent, html='<div class="pictures" role="group"></div>'
)


def known_album(state: AttributionState) -> Album | None:
    """Return the first network's test images; None where they are not available."""
    records, _ = find_runs(state.runs[:1])
    try:
        records = [on_the_sample(record) for record in records]
        return album(records[0].experiment, records[0].imported) if records else None
    except PlaygroundError as error:
        st.warning(escaped(explain(error)))
        return None


def pictures(page: AttributionPage, images: Album | None) -> None:
    """Show the pictures; the chosen one is in the state of the page's next run."""
    if images is not None:
        _component(
            key=_KEY,
            data={
                "label": t("attribution.pictures"),
                "chosen": image_place(page.state.settings.picture),
                "pictures": [
                    {"place": one.place, "shows": one.shows, "address": one.address}
                    for one in images.pictures
                ],
            },
            on_picked_change=lambda: _take_click(page),
        )
    with st.popover(t("attribution.own"), icon=":material/add_photo_alternate:"):
        st.caption(t("attribution.own_hint", megabytes=uploaded_image.MEGABYTES))
        upload = st.file_uploader(
            t("attribution.file"),
            type=list(_TYPES),
            key=page.key("file"),
            on_change=page.touch,
            max_upload_size=uploaded_image.MEGABYTES,
        )
        if st.toggle(t("attribution.camera"), key=page.key("camera"), on_change=page.touch):
            upload = (
                st.camera_input(t("attribution.camera"), key=page.key("shot"), on_change=page.touch)
                or upload
            )
        if upload is not None:
            _take_upload(page, upload.file_id, upload.getvalue(), upload.name)


def _take_click(page: AttributionPage) -> None:
    """Take over a click in the grid, checked like a URL's value."""
    place = st.session_state[_KEY].get("picked")
    if isinstance(place, int | float) and 0 <= place < 1_000_000:
        page.change(picture=image_name(int(place)))


def _take_upload(page: AttributionPage, upload_id: str, content: bytes, name: str) -> None:
    """Store an upload once and show it."""
    if st.session_state.get(_TAKEN) == upload_id:
        return
    with errors_shown():
        picture_id = uploaded_image.store(content, name)
        st.session_state[_TAKEN] = upload_id
        page.change(picture=upload_name(picture_id))
        rerun()
