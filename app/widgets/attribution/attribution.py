"""The attribution page: picture, class and method; maps, checks of them, activations."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import streamlit as st

from app import services
from app.language.errors import errors_shown, explain, stored_sentence
from app.language.texts import escaped, language, t
from app.page_data.pictures import Album
from app.page_data.runs import find_runs
from app.page_state.controls import Control, show
from app.page_state.page import rerun
from app.widgets.attribution.maps import (
    all_moments,
    browser,
    iterations,
    layer_choice,
    maps,
    moment,
    scale,
    strip,
)
from app.widgets.attribution.state import (
    NAME,
    AttributionPage,
    AttributionState,
    known_album,
    open_page,
    pictures,
)
from app.widgets.laboratory.laboratory import lab_figures
from app.widgets.laboratory.state import (
    command_line,
    compute,
    how_to_show,
    leave,
    networks,
    note_viewer,
    stop_button,
)
from app.widgets.show_code import show_code
from resnet_core.errors import PlaygroundError, ResultNotFound, WrongState
from resnet_core.labs import catalog
from resnet_core.labs.attribution.question import QUESTION, image_place
from resnet_core.labs.results import results
from resnet_core.labs.results.request import LabRequest
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
        view = page.choice("view", "attribution.view", label_visibility="collapsed")
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

    def show_maps(result: Result) -> None:
        maps(result, _moment(result, slider), outline)
        if state.settings.through_training:
            all_moments(result)

    result = ask_and_follow(request, show_maps)
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
    return right.toggle(
        t("attribution.outline"), value=True, key=page.key("outline"), on_change=page.touch
    )


def _moment(result: Result, place: Any) -> int | None:
    """The moment of training to show, once there are several and all are computed."""
    moments = iterations(result)
    if result.state in ACTIVE or len(moments) < 2:
        return None
    control, key = Control("stops", tuple(moments)), f"attribution.moment.{result.id}"
    with place:
        label = t("attribution.moment")
        return int(show(control, label, key, moments[-1], format_func=moment))


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


_EVERY = 0.4  # seconds, while something is computed
_FOLLOWED = "attribution.followed"  # the result that this visitor's page followed last
Show = Callable[[Result], None]


def ask_and_follow(request: LabRequest, show: Show) -> Result | None:
    """Show the request's result, computed where there is none yet; None where it cannot be.

    A stopped result is requested again: its last viewer had left the page.
    """
    _leave(request.id)
    with errors_shown():
        result = results.find(request.id)
        if result is None or result.state == "stopped":
            services.submit_lab(request, again=result is not None)
            note_viewer(request.id, unasked=True)
            result = results.find(request.id)
        return follow(result, show) if result is not None else None
    return None


def _leave(lab_id: str) -> None:
    """Stop the result that this visitor followed before, unless another one follows it.

    The new result would otherwise wait in the queue until the old one has ended.
    """
    before = st.session_state.get(_FOLLOWED)
    st.session_state[_FOLLOWED] = lab_id
    if before is not None and before != lab_id and leave(before):
        with suppress(WrongState, ResultNotFound):  # it has ended, or is gone
            services.stop_lab(before)


def follow(result: Result, show: Show) -> Result:
    """Show a result; while it grows, show it repeatedly without running the page."""
    if result.state in ACTIVE:
        _while_active(result.id, show)
        return result
    with st.container():  # as a fragment has one: what is shown already stays in its place
        show(result)
    if result.state in {"failed", "interrupted"}:
        st.warning(escaped(stored_sentence(result.exit_reason, language())))
        if st.button(t("labs.common.retry"), key=f"attribution.retry.{result.id}"):
            compute(result.request)
    return result


def figures(request: LabRequest, result: Result | None, key: str, *, notice: str = "") -> None:
    """Show the verdict, the paper's statement, the figures and the numbers' source."""
    name = request.laboratory
    lab_figures(
        request.id if result is not None else "",
        t(f"labs.{name}.paper"),
        key,
        active=result is not None and result.state in ACTIVE,
        notice=notice,
    )


@st.fragment(run_every=_EVERY)
def _while_active(lab_id: str, show: Show) -> None:
    """Show the result as it grows; a supervisor that died is started again."""
    note_viewer(lab_id)
    services.ensure_supervisor()
    result = results.find(lab_id)
    if result is not None and result.state in ACTIVE:
        show(result)
    else:
        rerun()


def checks(state: AttributionState) -> None:
    """Show both checks, each with its result or a button that requests it."""
    st.markdown(t("attribution.faithful"))
    _check("masks", state)
    result = _check("randomised", state, picture=state.settings.picture)
    if result is not None:
        strip(result)


def _check(name: str, state: AttributionState, **settings: str) -> Result | None:
    """Show one laboratory and return its result so far.

    Where it refuses the networks, as photographs have no masks, it is shown with its own.
    """
    st.header(t(f"labs.{name}.title"))
    st.markdown(t(f"labs.{name}.lead"))
    try:
        request = state.request_for(name, **settings)
    except PlaygroundError as error:
        st.info(escaped(explain(error)))
        if not state.runs:
            return None
        request = LabRequest.create(name, **settings)
    result = results.find(request.id)
    if result is None or result.state not in ACTIVE:
        _button(name, request, result)
    else:
        stop_button(result.id, f"attribution.{name}.stop")
    figures(
        request,
        result,
        f"attribution.{name}",
        notice="" if result else t("attribution.not_asked"),
    )
    st.code(command_line(name, request.runs, request.settings), language="bash", wrap_lines=True)
    return result


def _button(name: str, request: LabRequest, result: Result | None) -> None:
    label = t("labs.common.run_again" if result and not result.recorded else "labs.common.run")
    if st.button(label, key=f"attribution.{name}.run", type="secondary" if result else "primary"):
        compute(request)
