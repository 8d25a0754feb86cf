"""The dialogs of the page Runs: deleting runs, forking one, importing weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import streamlit as st

from app import services
from app.language.errors import explain
from app.language.texts import escaped, t
from app.page_data.runs import RunsState
from app.page_state.page import Page, rerun
from app.widgets.experiment_form.draft import has_twin, milestones_as_typed, twin_of
from app.widgets.experiment_form.form import complaint, label
from app.widgets.runs import import_dialog
from app.widgets.runs.row import DIALOG, report
from resnet_core.errors import InvalidSetting, PlaygroundError
from resnet_core.experiments.experiment import Experiment, from_text
from resnet_core.runs import queries
from resnet_core.runs.record import ACTIVE, RunRecord

CLEAR = "clear"
IMPORT = "import"
SHOWN = "runs.shown"  # session state: the dialog that the page shows
FAULT = "runs.fault"  # session state: why a fork could not be made
# Faults of these are shown beneath their controls.
_AT_FIELD = {"batch_norm", "learning_rate", "name", "iterations", "milestones"}


def ask_for(dialog: str, run_id: str = "") -> None:
    """Have the page show a dialog; to be called in a widget's callback."""
    st.session_state[DIALOG] = (dialog, run_id)


def open_dialog(page: Page[RunsState], matching: Sequence[RunRecord]) -> None:
    """Show the dialog that was asked for, until it is answered or dismissed."""
    request = st.session_state.get(DIALOG)
    st.session_state[SHOWN] = request
    if request is None:
        return
    dialog, run_id = request
    if dialog == IMPORT:
        _show(t("import.title"), "medium", import_dialog.import_dialog)
        return
    if dialog == CLEAR:
        ended = [run for run in matching if run.state not in ACTIVE]
        yes = t("runs.clear.yes", count=len(ended))
        question = t("runs.clear.sure", count=len(ended))
        _show(t("runs.clear.title"), "small", _delete, ended, question, yes)
        return
    try:
        run = queries.run(run_id)
    except PlaygroundError as error:
        report(run_id, explain(error), success=False)
        _close()
        return
    if dialog == "fork":
        _show(t("runs.fork.title", title=escaped(run.title)), "medium", _fork, page, run)
    else:
        question, yes = t("runs.delete.sure", title=escaped(run.title)), t("runs.delete.yes")
        icon = ":material/delete:"
        _show(t("runs.delete.title"), "small", _delete, [run], question, yes, icon)


def _show(
    title: str, width: Literal["small", "medium"], content: Callable[..., None], *values: object
) -> None:
    st.dialog(title, width=width, on_dismiss=_close)(content)(*values)


def is_dialog_waiting() -> bool:
    """Return whether a dialog was asked for since the page last ran."""
    return st.session_state.get(DIALOG) != st.session_state.get(SHOWN)


def _close() -> None:
    import_dialog.forget()
    for key in (DIALOG, SHOWN, FAULT):
        st.session_state.pop(key, None)


def _delete(runs: Sequence[RunRecord], question: str, label: str, icon: str | None = None) -> None:
    """Ask whether to delete the runs; delete them, or close the dialog."""
    st.markdown(question)
    with st.container(horizontal=True):
        if st.button(label, type="primary", icon=icon, disabled=not runs):
            _delete_all(runs)
        if st.button(t("runs.delete.no")):
            _close()
            rerun()


def _delete_all(runs: Sequence[RunRecord]) -> None:
    bar = st.progress(0.0)
    for number, run in enumerate(runs, start=1):
        try:
            services.delete(run.id)
        except PlaygroundError as error:
            report(run.id, explain(error), success=False)
        bar.progress(number / len(runs))
    _close()
    rerun()


def _fork(page: Page[RunsState], run: RunRecord) -> None:
    """Ask for the checkpoint to start from, and for the changes."""
    points = queries.fork_points(run.id)
    if not points:
        st.info(t("runs.fork.no_points"))
        return
    st.markdown(t("runs.fork.lead"))
    point = st.selectbox(
        t("runs.fork.point"),
        points[::-1],
        format_func=lambda iteration: t("runs.fork.iteration", count=f"{iteration:,}"),
    )
    error: PlaygroundError | None = st.session_state.get(FAULT)
    changes = _changes(run.experiment, point, error)
    if not (isinstance(error, InvalidSetting) and error.field in _AT_FIELD):
        complaint(error)
    if st.button(t("runs.fork.yes"), type="primary", icon=":material/fork_right:"):
        _start(page, run, point, changes)


def _changes(parent: Experiment, point: int, error: PlaygroundError | None) -> dict[str, Any]:
    """Show the settings that can be changed, and return what was typed."""
    left, right = st.columns(2, gap="medium")
    longer = parent.iterations if parent.iterations > point else point + max(1, point // 2)
    typed: dict[str, Any] = {}

    def field(name: str, value: Any, note: str = "") -> None:
        typed[name] = value
        if note:
            st.caption(note)
        if isinstance(error, InvalidSetting) and error.field == name:
            complaint(error)

    with left:
        typed["network"] = _network(parent)
        until, advice = t("runs.fork.until"), t("runs.fork.until_help")
        field("iterations", st.number_input(until, value=longer, step=100, help=advice))
        rate = st.text_input(label("learning_rate"), value=repr(parent.learning_rate))
        field("learning_rate", rate, _rate_here(parent, point))
    with right:
        field("batch_norm", st.toggle(label("batch_norm"), value=parent.batch_norm))
        drops, advice = milestones_as_typed(parent.milestones), t("form.field.milestones.help")
        field("milestones", st.text_input(label("milestones"), value=drops, help=advice))
        field("name", st.text_input(label("name"), placeholder=t("runs.fork.name")))
    return {name: value for name, value in typed.items() if name != "name" or value}


def _rate_here(parent: Experiment, point: int) -> str:
    """Return the learning rate at the checkpoint, after the drops before it."""
    drops = sum(milestone <= point for milestone in parent.drops)
    rate = parent.learning_rate / 10**drops
    return t("runs.fork.rate_here", iteration=f"{point:,}", rate=f"{rate:g}")


def _network(parent: Experiment) -> str:
    """Return the network, with shortcuts added or removed if that is chosen."""
    family = parent.network_spec().family
    if not has_twin(parent.network):
        return parent.network
    if family == "preresnet":
        st.caption(t("runs.fork.preresnet"))
        return parent.network
    words = t("runs.fork.add_shortcuts") if family == "plain" else t("runs.fork.remove_shortcuts")
    return twin_of(parent.network) if st.toggle(words) else parent.network


def _start(page: Page[RunsState], run: RunRecord, point: int, typed: dict[str, Any]) -> None:
    changes = {
        field: from_text(field, value) if isinstance(value, str) else value
        for field, value in typed.items()
    }
    try:
        forked = services.fork(run.id, point, **changes)
    except PlaygroundError as error:
        st.session_state[FAULT] = error
        rerun()  # the dialog again, with the fault in it
        return
    _close()
    report(forked.id, t("runs.did.fork"), success=True)
    page.change(run=forked.id)
    rerun()
