"""State of the attribution page: networks, picture, class, methods; to and from the URL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import streamlit as st

from app.language.errors import explain
from app.language.markdown import escaped
from app.language.texts import language, t
from app.page_data.pictures import Album, album
from app.page_data.runs import find_runs
from app.page_state import url as page_url
from app.widgets.laboratory.state import LabState, setting_label, state_type, with_usable_networks
from resnet_core.data.own import uploaded_image
from resnet_core.errors import PlaygroundError
from resnet_core.labs import catalog
from resnet_core.labs.activations import question as activations
from resnet_core.labs.attribution import question as attribution_question
from resnet_core.labs.results.request import LabRequest, create_settings

View = Literal["maps", "checks", "layers"]
VIEWS: tuple[View, ...] = get_args(View)
NAME = "attribution"
_VIEW, _LAYER = "view", "layer"
_KEPT, _VISITS, _PROBLEMS = "attribution.state", "attribution.visits", "attribution.problems"


@dataclass(frozen=True)
class AttributionState:
    """State of the page, as in its URL.

    Attributes:
        bench: the networks, and the settings of the laboratory `attribution`.
        layer: that the activation browser shows beside the additions, or "".
    """

    bench: LabState
    view: View = "maps"
    layer: str = ""

    @property
    def settings(self) -> Any:
        return self.bench.settings

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> tuple[AttributionState, list[str]]:
        """Return the state in a URL, and a sentence for each parameter that cannot be used."""
        rest = {name: text for name, text in query.items() if name not in {_VIEW, _LAYER, "here"}}
        question = catalog.question(NAME)
        state, errors = state_type(question).from_query(rest)
        bench, refused = with_usable_networks(question, state, rest)
        if refused is not None:
            errors["runs"] = refused
        problems = [
            t(
                "common.address",
                field=setting_label(NAME, name) if name in bench.names() else name[:40],
                reason=explain(error),
            )
            for name, error in errors.items()
        ]
        view = next((one for one in VIEWS if one == query.get(_VIEW)), VIEWS[0])
        layer = query.get(_LAYER, "")
        try:
            create_settings(activations.QUESTION, {_LAYER: layer})
        except PlaygroundError as error:
            problems.append(f"{t('attribution.layer')}: {explain(error)}")
            layer = ""
        return cls(bench, view, layer), problems

    def to_query(self) -> dict[str, str]:
        """The inverse of `from_query`: what differs from the page's own."""
        query = self.bench.to_query()
        if self.view != VIEWS[0]:
            query[_VIEW] = self.view
        return {**query, _LAYER: self.layer} if self.layer else query

    def order(self, laboratory: str, **given: Any) -> LabRequest:
        """Return the request for one of the page's laboratories.

        Raises:
            InvalidSetting, RunNotFound, WrongState: a network cannot be looked at.
        """
        if laboratory == NAME:
            return self.bench.request(catalog.question(NAME))
        return LabRequest.create(laboratory, self.bench.runs, **given)

    def changed(self, **values: Any) -> AttributionState:
        """Return the state with other settings of the laboratory, checked.

        Raises:
            InvalidSetting
        """
        given = {**dict(self.settings), **values}
        settings = create_settings(catalog.question(NAME), given)
        return replace(self, bench=self.bench.changed(settings=settings))


def load() -> tuple[AttributionState, list[str]]:
    """Return the state from the URL, unless this page wrote that itself."""
    query = page_url.read()
    if page_url.is_own(NAME, query):
        return stored(), st.session_state.get(_PROBLEMS, [])
    state, problems = AttributionState.from_query(query)
    store(state)
    st.session_state[_PROBLEMS] = problems
    restart_widgets()
    return state, problems


def store(state: AttributionState) -> None:
    """Store the state for the next run of the page, which writes the URL at its end."""
    if st.session_state.get(_KEPT, state) != state:
        st.session_state[_PROBLEMS] = []
    st.session_state[_KEPT] = state


def write(state: AttributionState) -> None:
    """Put the state into the URL, without a run of the page where nothing changed."""
    store(state)
    page_url.write(NAME, state.to_query())


def stored() -> AttributionState:
    """Return the stored state."""
    state: AttributionState = st.session_state[_KEPT]
    return state


def restart_widgets() -> None:
    """Give the page's widgets new keys, so that they start with the state's values."""
    st.session_state[_VISITS] = generation() + 1


def generation() -> int:
    count: int = st.session_state.get(_VISITS, 0)
    return count


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


def known_album(state: AttributionState) -> Album | None:
    """Return the first network's test images; None where they are not available."""
    found, _ = find_runs(state.bench.runs[:1])
    try:
        return album(found[0].experiment, found[0].imported) if found else None
    except PlaygroundError as error:
        st.warning(escaped(explain(error)))
        return None


def pictures(state: AttributionState, images: Album | None) -> None:
    """Show the pictures; the chosen one is in the state of the page's next run."""
    if images is not None:
        _component(
            key=_KEY,
            data={
                "label": t("attribution.pictures"),
                "chosen": attribution_question.image_place(state.settings.picture),
                "pictures": [
                    {"place": one.place, "shows": one.shows, "address": one.address}
                    for one in images.pictures
                ],
            },
            on_picked_change=_picked,
        )
    with st.popover(t("attribution.own"), icon=":material/add_photo_alternate:"):
        st.caption(t("attribution.own_hint", megabytes=uploaded_image.MEGABYTES))
        key = f"attribution.{generation()}.{language()}"
        given = st.file_uploader(
            t("attribution.file"),
            type=list(_TYPES),
            key=f"{key}.file",
            max_upload_size=uploaded_image.MEGABYTES,
        )
        if st.toggle(t("attribution.camera"), key=f"{key}.camera"):
            given = st.camera_input(t("attribution.camera"), key=f"{key}.shot") or given
        if given is not None:
            _take(state, given.file_id, given.getvalue(), given.name)


def _picked() -> None:
    """Take over a click in the grid, checked like a URL's value."""
    place = st.session_state[_KEY].get("picked")
    if isinstance(place, int | float) and 0 <= place < 1_000_000:
        state = stored()
        store(state.changed(picture=attribution_question.image_name(int(place))))


def _take(state: AttributionState, upload_id: str, content: bytes, name: str) -> None:
    """Store an upload once and show it."""
    if st.session_state.get(_TAKEN) == upload_id:
        return
    try:
        picture_id = uploaded_image.store(content, name)
    except PlaygroundError as error:
        st.error(escaped(explain(error)))
        return
    st.session_state[_TAKEN] = upload_id
    store(state.changed(picture=attribution_question.upload_name(picture_id)))
    st.rerun()
