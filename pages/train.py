"""Train: describe an experiment, see what it costs, start it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import services
from app.figures.labels import network_label
from app.language.errors import explain
from app.language.texts import escaped, fault, t
from app.page_data.runs import active_runs, find_runs
from app.page_state.page import Page, compare_link, page_link, rerun
from app.page_state.view import View
from app.widgets.architecture.block_card import block_details
from app.widgets.experiment_form.cost import by_depth, by_shortcut, cost, describe
from app.widgets.experiment_form.data_field import data_field
from app.widgets.experiment_form.draft import Draft, all_of_preset, has_twin, twin_of
from app.widgets.experiment_form.form import (
    Errors,
    control_of,
    faults,
    how_many,
    label,
    main_controls,
    more_controls,
    preset_row,
)
from app.widgets.live_charts.live_charts import live_charts
from app.widgets.network_drawing import network_drawing
from resnet_core.data.catalog import require
from resnet_core.data.dataset import DataFacts
from resnet_core.errors import InvalidSetting, PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.jobs.queue import facts_of

STARTED = "train.started"  # ids of the runs that were started here last
GOOD = "train.good"  # the last experiment that the form held
FORM = "train"


def page() -> None:
    st.title(t("train.title"))
    st.markdown(t("train.lead"))
    form = Page(FORM, Draft, keep=True)
    form.show_errors(_name)
    preset_row(form)
    draft = form.state
    errors, facts = _faults(draft)
    experiment = _last_good(draft)
    main_controls(
        form,
        errors,
        by_depth(experiment),
        by_shortcut(experiment),
    )
    how_many(form)
    more_controls(form, errors, lambda: data_field(form, errors, facts))
    form.write()
    _before_the_start(draft, experiment, errors, facts)
    _started()
    _picture(experiment)


def _faults(draft: Draft) -> tuple[Errors, DataFacts | None]:
    """Return the draft's errors by control, those of the data included."""
    errors: Errors = {control_of(field): error for field, error in draft.errors().items()}
    if errors:
        return errors, None
    try:
        draft.experiments()
        facts = facts_of(draft.experiment())
        require(facts.name)
    except InvalidSetting as error:
        return {control_of(error.field): error}, None
    except PlaygroundError as error:
        return {"data": error}, None
    return {}, facts


def _last_good(draft: Draft) -> Experiment:
    """Return the last valid experiment, to describe while the form holds an invalid one."""
    if not draft.errors():
        st.session_state[GOOD] = draft.experiment()
    return st.session_state.get(GOOD) or draft.settled()


def _before_the_start(
    draft: Draft, experiment: Experiment, errors: Errors, facts: DataFacts | None
) -> None:
    """Show what would start, its cost, and the button."""
    experiments = [experiment] if errors else draft.experiments()
    figures, start = st.columns([3, 2], gap="medium", vertical_alignment="center")
    with figures:
        cost(experiments, _before(experiment), can_start=not errors)
        if draft.twin and has_twin(experiment.network):
            st.caption(_about_the_twin(experiment))
    with start:
        with st.container(horizontal=True):
            if _start_button(len(experiments), bool(errors)):
                _start(experiments)
            _offer_the_preset(draft, errors)
        if errors:
            st.markdown(fault(t("train.start.faults", fields=faults(errors))))
        else:
            st.caption(f"{_what_would_start(experiments, facts)} {t('train.start.share')}")


def _start_button(count: int, disabled: bool) -> bool:
    words = t("train.start.one") if count == 1 else t("train.start.many", count=count)
    icon = ":material/play_arrow:"
    return st.button(words, type="primary", icon=icon, disabled=disabled, key="train.start")


def _offer_the_preset(draft: Draft, errors: Errors) -> None:
    """Offer all networks of the preset, while the form still describes one of them."""
    together = () if errors else all_of_preset(draft.preset, draft.experiment())
    if together:
        title = t(f"form.preset.{draft.preset}.title")
        words = t("train.start.preset", count=len(together), title=title)
        if st.button(words, icon=":material/stacks:", key="train.preset"):
            _start(together)


def _what_would_start(experiments: Sequence[Experiment], facts: DataFacts | None) -> str:
    networks = " + ".join(dict.fromkeys(network_label(one.network) for one in experiments))
    seeds = sorted({one.seed for one in experiments})
    key = "train.seeds_one" if len(seeds) == 1 else "train.seeds_many"
    named = t(key, networks=networks, first=seeds[0], last=seeds[-1])
    data = escaped(facts.title) if facts else ""
    before = len(active_runs())
    waiting = "none" if before == 0 else "one" if before == 1 else "some"
    queue = t(f"train.queue.{waiting}", count=before)
    return f"{t('train.start.what', networks=named, data=data)}. {queue}"


def _about_the_twin(experiment: Experiment) -> str:
    """Return whether the twin has the same parameters and the same initial values."""
    twin = experiment.changed(network=twin_of(experiment.network))
    own, others = describe(experiment).parameters, describe(twin).parameters
    name = network_label(twin.network)
    if "preresnet" in experiment.network:
        return t("form.twin.order", twin=name, parameters=f"{others:,}")
    if own == others:
        return t("form.twin.same", twin=name, parameters=f"{others:,}")
    key = "form.twin.fewer" if others < own else "form.twin.more"
    return t(key, twin=name, parameters=f"{others:,}", difference=f"{abs(own - others):,}")


def _before(experiment: Experiment) -> Experiment | None:
    """Return the experiment before the last change of the form."""
    now, before = st.session_state.get("train.pair", (None, None))
    if now != experiment:
        now, before = experiment, now
        st.session_state["train.pair"] = (now, before)
    return before


def _start(experiments: Sequence[Experiment]) -> None:
    try:
        records = services.submit(experiments)
    except InvalidSetting as error:
        st.error(f"{label(control_of(error.field))}: {explain(error)}")
    except PlaygroundError as error:
        st.error(explain(error))
    else:
        st.session_state[STARTED] = [record.id for record in records]
        rerun()


def _started() -> None:
    """Show the runs that were started here, live."""
    records, _ = find_runs(st.session_state.get(STARTED, ()))
    if not records:
        return
    with st.container(border=True):
        if len(records) == 1:
            st.markdown(t("train.started.one", title=escaped(records[0].title)))
        else:
            st.markdown(t("train.started.many", count=len(records)))
        live_charts([record.id for record in records], View(), "train.charts", compact=True)
        with st.container(horizontal=True):
            compare_link(t("train.started.compare"), records)
            page_link("runs", t("train.started.runs"))


def _picture(experiment: Experiment) -> None:
    anatomy = describe(experiment)
    block = network_drawing(anatomy, "train.drawing")
    if block:
        block_details(anatomy, block)


def _name(field: str) -> str:
    return (
        t(f"form.{field}.label")
        if field in {"twin", "seeds", "preset"}
        else label(control_of(field))
    )


page()
