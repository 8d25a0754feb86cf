"""Importing weights: a file, the data to look at it with, what the file does not say."""

from __future__ import annotations

import streamlit as st

from app import importing, services
from app.explanations import translated
from app.importing import MEGABYTES, QUESTIONS, SUFFIXES, Import, Request, Tried
from app.texts import language, t
from app.widgets.experiment_form.controls import complaint, escaped
from app.widgets.imported_links import imported_links
from app.widgets.run_row import imported_result
from app.widgets.starting import start_of
from resnet_core.data import catalog
from resnet_core.errors import RunNotFound

JOB = "runs.import"  # the import that this session follows: its token, and of which upload
_PATH = ""  # the choice of giving a path


def import_dialog() -> None:
    """The dialog's content, for where the import is."""
    token, file_id = st.session_state.get(JOB, ("", ""))
    now = importing.state(token)
    if now is not None and not now.over:
        _watch(token)
    elif now is not None and now.run_id is not None:
        _imported(now.run_id, now)
    else:
        _ask(now, file_id)


def forget() -> None:
    """Give up what is not over; to be called when the dialog is closed."""
    token, _ = st.session_state.pop(JOB, ("", ""))
    importing.forget(token)


def _ask(now: Import | None, file_id: str) -> None:
    st.markdown(t("import.lead"))
    key = f"import.{language()}"
    given = st.file_uploader(
        t("import.file", megabytes=MEGABYTES),
        type=[suffix[1:] for suffix in SUFFIXES],
        max_upload_size=MEGABYTES,
        key=f"{key}.file",
        help=t("import.file_help"),
    )
    said = _looked_at_with(key)
    same = given is not None and given.file_id == file_id
    if now is not None and same:
        complaint(now.error)
        if now.tried:
            said |= _answers(now.tried, f"{key}.{file_id}")
    if st.button(
        t("import.yes"),
        type="primary",
        icon=":material/file_open:",
        disabled=given is None or not said["data"],
    ):
        assert given is not None
        token = importing.start(Request(given.name, given.getvalue(), said))
        st.session_state[JOB] = (token, given.file_id)
        st.rerun()


def _looked_at_with(key: str) -> dict[str, str]:
    """The data, the image size and a name."""
    entries = {entry.name: entry for entry in catalog.available() if entry.present}
    data = st.selectbox(
        t("import.data"),
        [*entries, _PATH],
        key=f"{key}.data",
        format_func=lambda name: entries[name].title if name in entries else t("form.data.path"),
        help=t("import.data_help"),
    )
    if data == _PATH:
        data = st.text_input(t("form.data.where"), key=f"{key}.path").strip()
    size, name = st.columns([2, 3], gap="medium")
    with size:
        pixels = st.number_input(
            t("form.field.image_size.label"),
            min_value=4,
            max_value=256,
            value=None,
            placeholder=t("import.own_size"),
            key=f"{key}.size",
        )
    with name:
        called = st.text_input(t("import.name"), placeholder=t("import.no_name"), key=f"{key}.name")
    return {"data": data, "image_size": str(pixels or ""), "name": called.strip()}


def _answers(tried: tuple[Tried, ...], key: str) -> dict[str, str]:
    """The open questions, one after the other; each leaves fewer answers to the next.

    They begin with the answers that fit the sample best, which is said.
    """
    best = min(tried, key=lambda one: one["error"])
    st.info(t("import.asked", n=best["n"], error=f"{best['error']:.1f}"))
    left, answers = list(tried), {}
    for question in QUESTIONS:
        values = list(dict.fromkeys(one[question] for one in left if one[question] is not None))
        if len(values) > 1:
            widget = f"{key}.{question}"
            begins = start_of(widget, best[question])
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
    now = importing.state(token)
    if now is None or now.over:
        st.rerun()
        return
    words = t("import.trying") if now.share else t("import.reading")
    st.progress(now.share, words)
    if st.button(t("import.cancel"), icon=":material/close:"):
        forget()
        st.rerun()


def _imported(run_id: str, now: Import) -> None:
    try:
        run = services.run(run_id)
    except RunNotFound:
        st.info(t("import.gone"))  # deleted meanwhile
        return
    network = escaped(run.experiment.network)
    result = imported_result(run)
    st.success(t("import.done", title=escaped(run.title), network=network, result=result))
    if now.warning:
        st.warning(escaped(translated(now.warning, language())))
    imported_links(run)
