"""The choice of data: embedded, public, a path of this machine, or an upload."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.background import downloads
from app.language.texts import escaped, language, t
from app.page_data import uploads
from app.page_state.controls import Control
from app.page_state.page import rerun
from app.widgets.experiment_form.form import Errors, FormPage, complaint, label
from resnet_core.data import catalog
from resnet_core.data.catalog import Entry
from resnet_core.data.dataset import DataFacts
from resnet_core.data.public.sources import SOURCES
from resnet_core.errors import PlaygroundError

PATH = ""  # the choice of giving a path


class _DataSet(Control):
    """The data sets by name, and the choice of giving a path."""

    def content(self, value: Any) -> Any:
        return value if value in self.options else PATH

    def read(self, content: Any, before: Any) -> Any:
        if content != PATH:
            return content
        return PATH if before in self.options else before


def data_field(page: FormPage, errors: Errors, facts: DataFacts | None) -> None:
    """Show the choice of data, what is wrong with it, and how to get what is not there."""
    entries = {entry.name: entry for entry in catalog.available()}
    control = _DataSet("list", (*entries, PATH))
    name = page.control(
        "data",
        label("data"),
        control,
        format_func=lambda name: _title(entries.get(name)),
        help=t("form.field.data.help"),
    )
    if name not in entries:
        _own(page)
        if facts is not None:
            _say_reading(facts)
    elif not entries[name].present:
        _absent(entries[name])
    elif facts is not None:
        st.caption(_described(facts))
        _say_reading(facts)
    if name not in SOURCES:
        complaint(errors.get("data"))


def _own(page: FormPage) -> None:
    path, upload = st.columns(2, gap="medium")
    with path:
        page.control("data", t("form.data.where"), Control("text"), key="data_path")
    with upload:
        file = st.file_uploader(
            t("form.data.upload"),
            type=[suffix[1:] for suffix in uploads.SUFFIXES],
            max_upload_size=uploads.MEGABYTES,
            help=t("form.data.upload_help", megabytes=uploads.MEGABYTES),
            key=page.key("upload"),
            on_change=page.touch,
        )
        if file is not None:
            _take(page, file.file_id, file.name, file.getvalue())


def _take(page: FormPage, file_id: str, name: str, content: bytes) -> None:
    """Check and keep the upload, once; then it is one of the choices."""
    taken = f"{page.name}.taken"
    if st.session_state.get(taken) == file_id:
        return
    try:
        path = uploads.store(name, content)
    except PlaygroundError as error:
        complaint(error)
        return
    st.session_state[taken] = file_id
    page.load(data=str(path))
    rerun()


def _absent(entry: Entry) -> None:
    """Say how to get the data set, and offer to fetch it."""
    source = SOURCES.get(entry.name)
    if source is None:
        return
    state = downloads.state(entry.name)
    if state is not None and not state.done:
        _watch(entry.name)
        return
    if state is not None and state.error is not None:
        complaint(state.error)
    elif state is not None and state.cancelled:
        st.caption(t("form.data.cancelled"))
    else:
        st.caption(escaped(entry.access.text(language())))
    st.button(
        t("form.data.download", title=entry.title, megabytes=source.megabytes),
        icon=":material/download:",
        on_click=downloads.fetch,
        args=(entry.name,),
    )


@st.fragment(run_every=0.5)
def _watch(name: str) -> None:
    state = downloads.state(name)
    if state is None or state.done:
        rerun()
        return
    if state.total and state.received >= state.total:
        st.progress(1.0, t("form.data.unpacking"))
    else:
        amounts = {
            "done": f"{state.received / 1e6:.1f}",
            "total": f"{(state.total or 0) / 1e6:.1f}",
        }
        st.progress(state.fraction, t("form.data.downloading", file=state.file, **amounts))
    st.button(
        t("form.data.cancel"), icon=":material/close:", on_click=downloads.cancel, args=(name,)
    )


def _title(entry: Entry | None) -> str:
    """Return the same whether or not the data are here: Streamlit knows a choice by its label."""
    if entry is None:
        return t("form.data.path")
    source = SOURCES.get(entry.name)
    if source is None:
        return entry.title
    return t("form.data.public", title=entry.title, megabytes=source.megabytes)


def _say_reading(facts: DataFacts) -> None:
    """Say what was taken for classes and what was left out of people's own data."""
    reading = facts.reading()
    if reading is not None:
        st.caption(escaped(reading.text(language())))


def _described(facts: DataFacts) -> str:
    return t(
        "form.data.facts",
        title=escaped(facts.title),
        classes=facts.classes,
        train=f"{facts.train_images:,}",
        test=f"{facts.test_images:,}",
        size=facts.image_size,
    )
