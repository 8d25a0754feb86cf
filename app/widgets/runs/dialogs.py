"""The dialogs of the page Runs: deleting runs, forking one, importing weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from app import services
from app.background import imports
from app.background.imports import MEGABYTES, QUESTIONS, SUFFIXES, Import, Request, Trial
from app.language.errors import explain, stored_sentence
from app.language.texts import escaped, language, t
from app.page_data.runs import RunsState
from app.page_state.controls import Control, show
from app.page_state.page import Page, rerun
from app.widgets.experiment_form.draft import has_twin, milestones_as_typed, twin_of
from app.widgets.experiment_form.form import complaint, label
from app.widgets.runs.details import imported_links
from app.widgets.runs.row import DIALOG, imported_result, report
from resnet_core.data import catalog
from resnet_core.errors import InvalidSetting, PlaygroundError, RunNotFound
from resnet_core.experiments.experiment import Experiment, from_text
from resnet_core.runs import imported, queries
from resnet_core.runs.record import ACTIVE, RunRecord
from resnet_core.weights.recognition import MOST_BYTES

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
        _show(t("import.title"), "medium", import_dialog)
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
    forget()
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


JOB = "runs.import"  # of the session's state: what this dialog has begun, a `Job`
_PATH = ""  # the choice of giving a path


@dataclass(frozen=True)
class Job:
    """An import that was begun; it may have come to questions, or to an error."""

    token: str
    request: Request


def import_dialog() -> None:
    """Show the dialog's content for the import's present state."""
    job: Job | None = st.session_state.get(JOB)
    now = imports.state(job.token) if job else None
    if job is None or now is None:
        _ask(None, Import())
    elif not now.done:
        _watch(job.token)
    elif now.run_id is not None:
        _imported(now.run_id)
    else:
        _ask(job, now)


def forget() -> None:
    """Forget the session's import; called when the dialog is closed."""
    job: Job | None = st.session_state.pop(JOB, None)
    if job is not None:
        imports.forget(job.token)


def _ask(job: Job | None, now: Import) -> None:
    """Ask for the file, or for what the file does not say."""
    # Other widgets each time: while it is worked, none is there to hold a value.
    key = f"import.{language()}.{job.token if job else ''}"
    name, content = (job.request.name, job.request.content) if job else _uploaded(key)
    if job is not None:
        complaint(now.error)
        _show_file(name)
    options = _options(key, job.request.options if job else {})
    if now.trials:
        options |= _answers(now.trials, key)
    if st.button(
        t("import.yes"),
        type="primary",
        icon=":material/file_open:",
        disabled=not content or not options["data"],
    ):
        request = Request(name, content, options)
        forget()
        st.session_state[JOB] = Job(imports.submit(request), request)
        rerun()


def _uploaded(key: str) -> tuple[str, bytes]:
    """Return the uploaded file's name and content; empty where there is none yet."""
    st.markdown(t("import.lead"))
    file = st.file_uploader(
        t("import.file", megabytes=MEGABYTES),
        type=[suffix[1:] for suffix in SUFFIXES],
        max_upload_size=MEGABYTES,
        key=f"{key}.file",
    )
    st.caption(t("import.larger", gibibytes=MOST_BYTES // 2**30))
    return (file.name, file.getvalue()) if file is not None else ("", b"")


def _show_file(name: str) -> None:
    """Show the uploaded file, and a button for another one."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/draft: **{escaped(name)}**", width="content")
        if st.button(t("import.another"), type="tertiary"):
            forget()
            rerun()


def _options(key: str, initial: Mapping[str, str]) -> dict[str, str]:
    """Ask for the data, the image size and a name."""
    entries = {entry.name: entry for entry in catalog.available() if entry.present}
    options, data = [*entries, _PATH], initial.get("data", "")
    data = st.selectbox(
        t("import.data"),
        options,
        index=(options.index(data) if data in entries else len(entries)) if data else 0,
        key=f"{key}.data",
        format_func=lambda name: entries[name].title if name in entries else t("form.data.path"),
        help=t("import.data_help"),
    )
    if data == _PATH:
        typed = initial.get("data", "")
        data = st.text_input(t("form.data.where"), value=typed, key=f"{key}.path").strip()
    size, name = st.columns([2, 3], gap="medium")
    with size:
        pixels = st.number_input(
            t("form.field.image_size.label"),
            min_value=4,
            max_value=256,
            value=int(initial["image_size"]) if initial.get("image_size") else None,
            placeholder=t("import.own_size"),
            key=f"{key}.size",
        )
    with name:
        title = st.text_input(
            t("import.name"),
            value=initial.get("name", ""),
            placeholder=t("import.no_name"),
            key=f"{key}.name",
        )
    return {"data": data, "image_size": str(pixels or ""), "name": title.strip()}


def _answers(tried: tuple[Trial, ...], key: str) -> dict[str, str]:
    """Ask the open questions in turn; each leaves fewer answers to the next.

    They begin with the answers that fit the sample best.
    """
    best = min(tried, key=lambda one: one["error"])
    st.info(t("import.asked", n=best["n"], error=f"{best['error']:.1f}"))
    left, answers = list(tried), {}
    for question in QUESTIONS:
        values = list(dict.fromkeys(one[question] for one in left if one[question] is not None))
        if len(values) > 1:
            answers[question] = show(
                Control("list", tuple(values)),
                t(f"import.question.{question}"),
                f"{key}.{question}",
                best[question],
                format_func=lambda value, question=question: _option(question, value),
            )
            left = [one for one in left if one[question] == answers[question]]
        elif values and len({one[question] for one in tried}) > 1:
            answers[question] = values[0]
    least = min(left, key=lambda one: one["error"])
    st.caption(t("import.on_sample", n=least["n"], error=f"{least['error']:.1f}"))
    return answers


def _option(question: str, value: str) -> str:
    if question in {"network", "shortcut"}:
        return value
    return t(f"import.option.{question}.{value}")


@st.fragment(run_every=0.5)
def _watch(token: str) -> None:
    now = imports.state(token)
    if now is None or now.done:
        rerun()
        return
    words = t("import.trying") if now.share else t("import.reading")
    st.progress(now.share, words)
    if st.button(t("import.cancel"), icon=":material/close:"):
        forget()
        rerun()


def _imported(run_id: str) -> None:
    try:
        run = queries.run(run_id)
    except RunNotFound:
        st.info(t("import.gone"))  # deleted meanwhile
        return
    network = escaped(run.experiment.network)
    result = imported_result(run)
    st.success(t("import.done", title=escaped(run.title), network=network, result=result))
    source = imported.of(run)
    if source is not None and source.warning:
        st.warning(escaped(stored_sentence(source.warning, language())))
    imported_links(run)
