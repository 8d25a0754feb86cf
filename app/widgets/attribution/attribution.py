"""The attribution page: picture, class and method; maps, checks of them, activations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from app.language.errors import explain
from app.language.markdown import escaped
from app.language.texts import language, t
from app.page_data.pictures import Album
from app.page_data.runs import find_runs
from app.page_state.initial_value import start_of
from app.widgets.attribution import state as page_state
from app.widgets.attribution.form import SettingsForm
from app.widgets.attribution.layers import browser, layer_choice
from app.widgets.attribution.maps import all_moments, iterations, maps, moment, scale
from app.widgets.attribution.results import ask_and_follow, checks, figures
from app.widgets.attribution.state import NAME, VIEWS, AttributionState, View, known_album, pictures
from app.widgets.laboratory.state import command_line, networks
from app.widgets.show_code import show_code
from resnet_core.errors import PlaygroundError
from resnet_core.labs import catalog
from resnet_core.labs.attribution import question as attribution_question
from resnet_core.labs.attribution.question import METHODS
from resnet_core.labs.results.results import Result
from resnet_core.runs.record import ACTIVE

_BEHIND = ("stage", "steps", "samples", "noise", "patches", "seed")
_CODE = {"maps": ("attribution",), "checks": ("masks", "randomised"), "layers": ("activations",)}


def attribution() -> None:
    """Show the page."""
    st.title(t("attribution.title"))
    st.markdown(t("attribution.lead"))
    state, problems = page_state.load()
    if problems:
        st.warning("  \n".join(map(escaped, problems)))
    images = known_album(state)
    state = _choose(state, images)
    problem = _problem(state)
    if problem:
        st.info(escaped(problem))
    elif state.view == "maps":
        _maps(state)
    elif state.view == "checks":
        checks(state)
    else:
        state = _layers(state)
    _code(state)
    page_state.write(state)


def _choose(state: AttributionState, images: Album | None) -> AttributionState:
    """Show the controls and return the state that they hold."""
    question, key = catalog.question(NAME), f"attribution.{page_state.generation()}.{language()}"
    left, right = st.columns([2, 3], gap="medium")
    with left:
        pictures(state, images)
    with right:
        runs = networks(question, state.bench.runs, f"{key}.runs")
        form = SettingsForm(question, state.settings, f"attribution.{page_state.generation()}")
        values: dict[str, Any] = {"picture": state.settings.picture}
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            values["target"] = _target(state, images, f"{key}.target")
            with st.popover(t("labs.common.more")):
                values |= form.show(_BEHIND)
        values["methods"] = _methods(state, f"{key}.methods")
        said = st.container()
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        view = _view(state, f"{key}.view")
        values["through_training"] = state.settings.through_training
        if view == "maps":
            values |= form.show(("through_training",))
    with said:
        settings = form.settled(values)
    bench = state.bench.changed(settings=settings, runs=runs)
    return replace(state, bench=bench, view=view)


def _view(state: AttributionState, key: str) -> View:
    views = {view: t(f"attribution.view.{view}") for view in VIEWS}
    return st.segmented_control(
        t("attribution.views"),
        VIEWS,
        default=start_of(key, state.view),
        required=True,
        wrap=True,
        key=key,
        format_func=views.__getitem__,
        label_visibility="collapsed",
    )


def _target(state: AttributionState, images: Album | None, key: str) -> int:
    """Return the class whose logit is explained; -1: each network's own prediction."""
    classes = images.classes if images else ()
    options = list(range(-1, len(classes)))
    initial = start_of(key, state.settings.target)
    if initial not in options:
        options.append(initial)  # from a URL; the order says what is wrong with it
    names = {place: name for place, name in enumerate(classes)}
    return st.selectbox(
        t("labs.attribution.setting.target"),
        options,
        index=options.index(initial),
        key=key,
        format_func=lambda place: (
            t("attribution.as_predicted") if place < 0 else names.get(place, str(place))
        ),
    )


def _methods(state: AttributionState, key: str) -> tuple[str, ...]:
    """Return the methods in the order in which they were chosen."""
    initial = start_of(key, state.settings.methods)
    found = st.pills(
        t("labs.attribution.setting.methods"),
        METHODS,
        default=initial,
        selection_mode="multi",
        wrap=True,
        key=key,
        format_func=lambda method: t(f"labs.attribution.option.methods.{method}"),
    )
    kept = tuple(method for method in state.settings.methods if method in found)
    return kept + tuple(method for method in found if method not in kept)


def _problem(state: AttributionState) -> str:
    """Return the reason why these networks cannot be explained, or ""."""
    try:
        state.order(NAME)
    except PlaygroundError as error:
        return explain(error)
    return ""


def _maps(state: AttributionState) -> None:
    order = state.order(NAME)
    outline = _scale(state)
    slider = st.container()

    def show(result: Result) -> None:
        maps(result, _moment(result, slider), outline)
        if state.settings.through_training:
            all_moments(result)

    result = ask_and_follow(order, show)
    st.caption(t("attribution.scale.said"))
    if result is not None and state.settings.through_training:
        _note_last_only(result)
    if result is not None:
        figures(order, result, "attribution.figures")
    with st.expander(t("labs.common.command"), icon=":material/terminal:"):
        st.code(command_line(NAME, order.runs, order.settings), language="bash", wrap_lines=True)


def _scale(state: AttributionState) -> bool:
    """Show the colour scale; return True if the shape's outline is to be drawn."""
    left, right = st.columns([3, 1], vertical_alignment="center")
    with left:
        scale()
    if not _has_mask(state):
        return False
    key = f"attribution.{page_state.generation()}.{language()}.outline"
    return right.toggle(t("attribution.outline"), value=True, key=key)


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
            value=start_of(key, moments[-1]),
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
    found, _ = find_runs(state.bench.runs[:1])
    shapes = bool(found) and found[0].experiment.data == "shapes"
    return shapes and attribution_question.image_place(state.settings.picture) is not None


def _layers(state: AttributionState) -> AttributionState:
    picture = state.settings.picture
    order = state.order("activations", picture=picture, layer=state.layer)
    top = st.container()
    result = ask_and_follow(order, browser)
    if result is None:
        return state
    with top:
        layer = layer_choice(result, state)
    figures(order, result, "attribution.sizes")
    if layer != state.layer:
        page_state.store(replace(state, layer=layer))
        st.rerun()
    return state


def _code(state: AttributionState) -> None:
    with st.expander(t("labs.common.code"), icon=":material/code:"):
        for name in _CODE[state.view]:
            for path, definition in catalog.question(name).code:
                show_code(path, definition)
