"""Importing weights: a file, the data to look at it with, what the file does not say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from app.background import imports
from app.background.imports import MEGABYTES, QUESTIONS, SUFFIXES, Import, Request, Trial
from app.language.errors import stored_sentence
from app.language.texts import escaped, language, t
from app.page_state.controls import initial_value
from app.page_state.page import rerun
from app.widgets.experiment_form.form import complaint
from app.widgets.runs.details import imported_links
from app.widgets.runs.row import imported_result
from resnet_core.data import catalog
from resnet_core.errors import RunNotFound
from resnet_core.runs import imported, queries
from resnet_core.weights.recognition import MOST_BYTES

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


def _options(key: str, begins: Mapping[str, str]) -> dict[str, str]:
    """Ask for the data, the image size and a name."""
    entries = {entry.name: entry for entry in catalog.available() if entry.present}
    options, data = [*entries, _PATH], begins.get("data", "")
    data = st.selectbox(
        t("import.data"),
        options,
        index=(options.index(data) if data in entries else len(entries)) if data else 0,
        key=f"{key}.data",
        format_func=lambda name: entries[name].title if name in entries else t("form.data.path"),
        help=t("import.data_help"),
    )
    if data == _PATH:
        typed = begins.get("data", "")
        data = st.text_input(t("form.data.where"), value=typed, key=f"{key}.path").strip()
    size, name = st.columns([2, 3], gap="medium")
    with size:
        pixels = st.number_input(
            t("form.field.image_size.label"),
            min_value=4,
            max_value=256,
            value=int(begins["image_size"]) if begins.get("image_size") else None,
            placeholder=t("import.own_size"),
            key=f"{key}.size",
        )
    with name:
        called = st.text_input(
            t("import.name"),
            value=begins.get("name", ""),
            placeholder=t("import.no_name"),
            key=f"{key}.name",
        )
    return {"data": data, "image_size": str(pixels or ""), "name": called.strip()}


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
            widget = f"{key}.{question}"
            begins = initial_value(widget, best[question])
            answers[question] = st.selectbox(
                t(f"import.question.{question}"),
                values,
                index=values.index(begins) if begins in values else 0,
                key=widget,
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
