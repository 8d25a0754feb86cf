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
from app.widgets.attribution import state as desks
from app.widgets.attribution.form import SettingsForm
from app.widgets.attribution.layers import browser, layer_choice
from app.widgets.attribution.maps import all_moments, iterations, maps, moment, scale
from app.widgets.attribution.results import ask_and_follow, checks, figures
from app.widgets.attribution.state import NAME, VIEWS, Desk, View, known_album, pictures
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
    now, problems = desks.arrive()
    if problems:
        st.warning("  \n".join(map(escaped, problems)))
    there = known_album(now)
    now = _choose(now, there)
    problem = _problem(now)
    if problem:
        st.info(escaped(problem))
    elif now.view == "maps":
        _maps(now)
    elif now.view == "checks":
        checks(now)
    else:
        now = _layers(now)
    _code(now)
    desks.write(now)


def _choose(now: Desk, there: Album | None) -> Desk:
    """The controls; the desk with what they hold."""
    question, key = catalog.question(NAME), f"attribution.{desks.visits()}.{language()}"
    left, right = st.columns([2, 3], gap="medium")
    with left:
        pictures(now, there)
    with right:
        runs = networks(question, now.bench.runs, f"{key}.runs")
        form = SettingsForm(question, now.settings, f"attribution.{desks.visits()}")
        held: dict[str, Any] = {"picture": now.settings.picture}
        with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
            held["target"] = _target(now, there, f"{key}.target")
            with st.popover(t("labs.common.more")):
                held |= form.show(_BEHIND)
        held["methods"] = _methods(now, f"{key}.methods")
        said = st.container()
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        view = _view(now, f"{key}.view")
        held["through_training"] = now.settings.through_training
        if view == "maps":
            held |= form.show(("through_training",))
    with said:
        settings = form.settled(held)
    bench = now.bench.changed(settings=settings, runs=runs)
    return replace(now, bench=bench, view=view)


def _view(now: Desk, key: str) -> View:
    views = {view: t(f"attribution.view.{view}") for view in VIEWS}
    return st.segmented_control(
        t("attribution.views"),
        VIEWS,
        default=start_of(key, now.view),
        required=True,
        wrap=True,
        key=key,
        format_func=views.__getitem__,
        label_visibility="collapsed",
    )


def _target(now: Desk, there: Album | None, key: str) -> int:
    """The class whose score is explained; -1: each network's own prediction."""
    classes = there.classes if there else ()
    options = list(range(-1, len(classes)))
    begins = start_of(key, now.settings.target)
    if begins not in options:
        options.append(begins)  # from a URL; the order says what is wrong with it
    names = {place: name for place, name in enumerate(classes)}
    return st.selectbox(
        t("labs.attribution.setting.target"),
        options,
        index=options.index(begins),
        key=key,
        format_func=lambda place: (
            t("attribution.as_predicted") if place < 0 else names.get(place, str(place))
        ),
    )


def _methods(now: Desk, key: str) -> tuple[str, ...]:
    """In the order in which they were chosen."""
    begins = start_of(key, now.settings.methods)
    found = st.pills(
        t("labs.attribution.setting.methods"),
        METHODS,
        default=begins,
        selection_mode="multi",
        wrap=True,
        key=key,
        format_func=lambda method: t(f"labs.attribution.option.methods.{method}"),
    )
    kept = tuple(method for method in now.settings.methods if method in found)
    return kept + tuple(method for method in found if method not in kept)


def _problem(now: Desk) -> str:
    """Why nothing can be asked of these networks, or ""."""
    try:
        now.order(NAME)
    except PlaygroundError as error:
        return explain(error)
    return ""


def _maps(now: Desk) -> None:
    order = now.order(NAME)
    outline = _scale(now)
    slider = st.container()

    def show(result: Result) -> None:
        maps(result, _moment(result, slider), outline)
        if now.settings.through_training:
            all_moments(result)

    result = ask_and_follow(order, show)
    st.caption(t("attribution.scale.said"))
    if result is not None and now.settings.through_training:
        _tell_lonely(result)
    if result is not None:
        figures(order, result, "attribution.figures")
    with st.expander(t("labs.common.command"), icon=":material/terminal:"):
        st.code(command_line(NAME, order.runs, order.settings), language="bash", wrap_lines=True)


def _scale(now: Desk) -> bool:
    """The colour scale; whether the shape's outline is wanted, where it is known."""
    left, right = st.columns([3, 1], vertical_alignment="center")
    with left:
        scale()
    if not _has_mask(now):
        return False
    key = f"attribution.{desks.visits()}.{language()}.outline"
    return right.toggle(t("attribution.outline"), value=True, key=key)


def _moment(result: Result, place: Any) -> int | None:
    """The moment of training to show, once there are several and all have come."""
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


def _tell_lonely(result: Result) -> None:
    """Of networks of which no earlier weights are here."""
    table = result.tables.get("pictures")
    if table is None:
        return
    names = list(table["label"][table["checkpoints"] < 2])
    if names:
        st.caption(t("attribution.last_only", names=", ".join(names)))


def _has_mask(now: Desk) -> bool:
    """Whether somebody knows where the picture's object is."""
    found, _ = find_runs(now.bench.runs[:1])
    shapes = bool(found) and found[0].experiment.data == "shapes"
    return shapes and attribution_question.image_place(now.settings.picture) is not None


def _layers(now: Desk) -> Desk:
    picture = now.settings.picture
    order = now.order("activations", picture=picture, layer=now.layer)
    top = st.container()
    result = ask_and_follow(order, browser)
    if result is None:
        return now
    with top:
        layer = layer_choice(result, now)
    figures(order, result, "attribution.sizes")
    if layer != now.layer:
        desks.keep(replace(now, layer=layer))
        st.rerun()
    return now


def _code(now: Desk) -> None:
    with st.expander(t("labs.common.code"), icon=":material/code:"):
        for name in _CODE[now.view]:
            for path, definition in catalog.question(name).code:
                show_code(path, definition)
