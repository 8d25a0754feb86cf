"""Which picture is looked at: a click in a grid of test images, a file, the camera."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.language.errors import explain
from app.language.markdown import escaped
from app.language.texts import language, t
from app.page_data.pictures import Album, album
from app.page_data.runs import find_runs
from app.widgets.attribution import desk
from app.widgets.attribution.desk import Desk
from resnet_core.data.own import uploaded_image
from resnet_core.errors import PlaygroundError
from resnet_core.labs.tools import picture_names

_HERE = Path(__file__).parent
_KEY = "attribution-grid"
_TYPES = ("png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff", "ppm", "pgm")
_TAKEN = "attribution.taken"  # the uploads that were taken over already
_component = st.components.v2.component(
    "picture_grid",
    html='<div class="pictures" role="group"></div>',
    css=(_HERE / "picture_grid.css").read_text(encoding="utf-8"),
    js=(_HERE / "picture_grid.js").read_text(encoding="utf-8"),
)


def known_album(now: Desk) -> Album | None:
    """The images that the first network is tested on; None where they are not here."""
    found, _ = find_runs(now.bench.runs[:1])
    try:
        return album(found[0].experiment, found[0].imported) if found else None
    except PlaygroundError as error:
        st.warning(escaped(explain(error)))
        return None


def pictures(now: Desk, there: Album | None) -> None:
    """Show the choice; what is chosen stands on the desk in the page's next run."""
    if there is not None:
        _component(
            key=_KEY,
            data={
                "label": t("attribution.pictures"),
                "chosen": picture_names.place(now.settings.picture),
                "pictures": [
                    {"place": one.place, "shows": one.shows, "address": one.address}
                    for one in there.pictures
                ],
            },
            on_picked_change=_picked,
        )
    with st.popover(t("attribution.own"), icon=":material/add_photo_alternate:"):
        st.caption(t("attribution.own_hint", megabytes=uploaded_image.MEGABYTES))
        key = f"attribution.{desk.visits()}.{language()}"
        given = st.file_uploader(
            t("attribution.file"),
            type=list(_TYPES),
            key=f"{key}.file",
            max_upload_size=uploaded_image.MEGABYTES,
        )
        if st.toggle(t("attribution.camera"), key=f"{key}.camera"):
            given = st.camera_input(t("attribution.camera"), key=f"{key}.shot") or given
        if given is not None:
            _take(now, given.file_id, given.getvalue(), given.name)


def _picked() -> None:
    """A click in the grid; the browser's word is checked like a URL's."""
    place = st.session_state[_KEY].get("picked")
    if isinstance(place, int | float) and 0 <= place < 1_000_000:
        now = desk.kept()
        desk.keep(now.changed(picture=picture_names.of_test(int(place))))


def _take(now: Desk, upload_id: str, content: bytes, name: str) -> None:
    """Keep an upload and look at it, once."""
    if st.session_state.get(_TAKEN) == upload_id:
        return
    try:
        picture_id = uploaded_image.store(content, name)
    except PlaygroundError as error:
        st.error(escaped(explain(error)))
        return
    st.session_state[_TAKEN] = upload_id
    desk.keep(now.changed(picture=picture_names.of_own(picture_id)))
    st.rerun()
