"""A run for other programs: choose a format, have it packed, save the zip."""

from __future__ import annotations

import streamlit as st

from app.background import exports
from app.language.errors import explain
from app.language.texts import language, t
from app.language.markdown import escaped
from resnet_core.exporting import formats
from resnet_core.exporting.formats import FORMATS, Format
from resnet_core.runs.record import ACTIVE, RunRecord


def run_export(run: RunRecord) -> None:
    """Show the formats there are; one whose packages are missing says what to install."""
    what: Format = st.selectbox(
        t("runs.export.format"),
        FORMATS,
        format_func=lambda one: t(f"runs.export.as.{one}"),
        key=_key("format", run.id),
        help=t("runs.export.help"),
    )
    st.caption(t(f"runs.export.holds.{what}"))
    missing = formats.missing(what)
    if missing:
        st.info(missing.text(language()), icon=":material/extension:")
        return
    if what == "hub":
        hint = t("runs.export.license_hint")
        st.text_input(t("runs.export.license"), key=_key("license", run.id), placeholder=hint)
    _packed(run, what)
    if run.state in ACTIVE:
        st.caption(t("runs.export.so_far"))


def _packed(run: RunRecord, what: Format) -> None:
    """What became of the last packing, and the button for the next."""
    packed = exports.state((run.id, what))
    if packed is not None and packed.error is not None:
        st.markdown(f":material/error: :red[{escaped(explain(packed.error))}]")
    if packed is not None and packed.path is not None and packed.path.is_file():
        path = packed.path
        st.download_button(
            t("runs.export.save", megabytes=f"{max(0.1, path.stat().st_size / 1e6):.1f}"),
            data=path.read_bytes,
            file_name=path.name,
            mime="application/zip",
            icon=":material/download:",
            key=_key(f"save.{what}", run.id),
            on_click="ignore",
        )
    if packed is None or packed.done:
        words = t("runs.export.pack") if packed is None else t("runs.export.again")
        icon = ":material/folder_zip:"
        key = _key("pack", run.id)
        st.button(words, key=key, icon=icon, on_click=_start, args=(run.id, what))
    else:
        st.caption(f":material/hourglass: {t('runs.export.packing')}")


def _start(run_id: str, what: Format) -> None:
    typed = str(st.session_state.get(_key("license", run_id)) or "").strip()
    exports.export(run_id, what, typed if typed and what == "hub" else None)


def _key(part: str, run_id: str) -> str:
    return f"runs.{part}.{run_id}"
