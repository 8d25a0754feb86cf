"""The attribution page: picture, class and method; maps, checks of them, activations."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.language.errors import explain
from app.language.texts import escaped, t
from app.page_data.pictures import Album
from app.page_data.runs import find_runs
from app.page_state.controls import Control, initial_value
from app.page_state.page import rerun
from app.widgets.attribution.layers import browser, layer_choice
from app.widgets.attribution.maps import all_moments, iterations, maps, moment, scale
from app.widgets.attribution.results import ask_and_follow, checks, figures
from app.widgets.attribution.state import (
    NAME,
    AttributionPage,
    AttributionState,
    known_album,
    open_page,
    pictures,
)
from app.widgets.laboratory.state import command_line, how_to_show, networks
from app.widgets.show_code import show_code
from resnet_core.errors import PlaygroundError
from resnet_core.labs import catalog
from resnet_core.labs.attribution.question import QUESTION, image_place
from resnet_core.labs.results.results import Result
from resnet_core.runs.record import ACTIVE

_BEHIND = ("stage", "steps", "samples", "noise", "patches", "seed")
_CODE = {"maps": ("attribution",), "checks": ("masks", "randomised"), "layers": ("activations",)}


def attribution() -> None:
    """Show the page."""
    st.title(t("attribution.title"))
    st.markdown(t("attribution.lead"))
    page = open_page()
    _choose(page)
    problem = _problem(page.state)
    if problem:
        st.info(escaped(problem))
    elif page.state.view == "maps":
        _maps(page)
    elif page.state.view == "checks":
        checks(page.state)
    else:
        _layers(page)
    _code(page.state)
    page.write()


def _choose(page: AttributionPage) -> None:
    """Show the controls; the state takes their values over."""
    images = known_album(page.state)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        pictures(page, images)
    with right:
        page.change(runs=networks(QUESTION, page.state.runs, page.key("runs"), page.touch))
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            _target(page, images)
            with st.popover(t("labs.common.more")):
                for name in _BEHIND:
                    page.control(name, **how_to_show(QUESTION, name))
        page.control("methods", **how_to_show(QUESTION, "methods"), wrap=True)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        view = page.control(
            "view",
            t("attribution.views"),
            format_func=lambda view: t(f"attribution.view.{view}"),
            label_visibility="collapsed",
        )
        if view == "maps":
            page.control("through_training", **how_to_show(QUESTION, "through_training"))


def _target(page: AttributionPage, images: Album | None) -> None:
    """Show the classes whose logit can be explained; -1: each network's own prediction."""
    classes = images.classes if images else ()
    options = list(range(-1, len(classes)))
    if page.state.settings.target not in options:
        options.append(page.state.settings.target)  # from a URL; the request names the error
    names = {place: name for place, name in enumerate(classes)}
    page.control(
        "target",
        t("labs.attribution.setting.target"),
        Control("list", tuple(options)),
        format_func=lambda place: (
            t("attribution.as_predicted") if place < 0 else names.get(place, str(place))
        ),
    )


def _problem(state: AttributionState) -> str:
    """Return the reason why these networks cannot be explained, or ""."""
    try:
        state.request(QUESTION)
    except PlaygroundError as error:
        return explain(error)
    return ""


def _maps(page: AttributionPage) -> None:
    state = page.state
    request = state.request(QUESTION)
    outline = _scale(page)
    slider = st.container()

    def show(result: Result) -> None:
        maps(result, _moment(result, slider), outline)
        if state.settings.through_training:
            all_moments(result)

    result = ask_and_follow(request, show)
    st.caption(t("attribution.scale.said"))
    if result is not None and state.settings.through_training:
        _note_last_only(result)
    if result is not None:
        figures(request, result, "attribution.figures")
    with st.expander(t("labs.common.command"), icon=":material/terminal:"):
        st.code(
            command_line(NAME, request.runs, request.settings), language="bash", wrap_lines=True
        )


def _scale(page: AttributionPage) -> bool:
    """Show the colour scale; return True if the shape's outline is to be drawn."""
    left, right = st.columns([3, 1], vertical_alignment="center")
    with left:
        scale()
    if not _has_mask(page.state):
        return False
    return right.toggle(t("attribution.outline"), value=True, key=page.key("outline"))


def _moment(result: Result, place: Any) -> int | None:
    """The moment of training to show, once there are several and all are computed."""
    moments = iterations(result)
    if result.state in ACTIVE or len(moments) < 2:
        return None
    key = f"attribution.moment.{result.id}"
    with place:
        return st.select_slider(
            t("attribution.moment"),
            moments,
            value=initial_value(key, moments[-1]),
            key=key,
            format_func=moment,
        )


def _note_last_only(result: Result) -> None:
    """Name the networks without earlier checkpoints."""
    table = result.tables.get("pictures")
    if table is None:
        return
    names = list(table["label"][table["checkpoints"] < 2])
    if names:
        st.caption(t("attribution.last_only", names=", ".join(names)))


def _has_mask(state: AttributionState) -> bool:
    """Return True if the picture has a mask."""
    records, _ = find_runs(state.runs[:1])
    shapes = bool(records) and records[0].experiment.data == "shapes"
    return shapes and image_place(state.settings.picture) is not None


def _layers(page: AttributionPage) -> None:
    state = page.state
    request = state.request_for("activations", picture=state.settings.picture, layer=state.layer)
    top = st.container()
    result = ask_and_follow(request, lambda result: browser(result, page.key("block")))
    if result is None:
        return
    with top:
        layer = layer_choice(result, page)
    figures(request, result, "attribution.sizes")
    if layer != state.layer:
        page.change(layer=layer)
        rerun()


def _code(state: AttributionState) -> None:
    with st.expander(t("labs.common.code"), icon=":material/code:"):
        for name in _CODE[state.view]:
            for path, definition in catalog.question(name).code:
                show_code(path, definition)
