"""Everything about one run: facts, files, links, export, the end of its log."""

from __future__ import annotations

import datetime

import streamlit as st

from app.background import exports
from app.language.errors import explain
from app.language.texts import escaped, language, t
from app.page_data.runs import duration, group_of_runs, source_of
from app.page_state.page import compare_link, page_link
from app.widgets.experiment_form.draft import Draft
from app.widgets.experiment_form.form import label
from app.widgets.runs.row import imported_result
from resnet_core.errors import PlaygroundError
from resnet_core.exporting import export
from resnet_core.exporting.export import FORMATS, Format
from resnet_core.labs import catalog
from resnet_core.runs import queries
from resnet_core.runs.record import ACTIVE, RunRecord

_LOG_LINES = 40


def run_details(run: RunRecord) -> None:
    """Show the run's details, with an error in place of each unreadable part."""
    facts, log = st.columns([2, 3], gap="large")
    with facts:
        st.markdown(_facts(run))
        if run.imported:
            imported_links(run)
        else:
            _settings(run)
            _links(run)
        run_export(run)
    with log:
        if run.imported:
            st.caption(t("import.no_log"))
            return
        st.caption(t("runs.log"))
        st.code(_log(run) or t("runs.no_log"), language=None, height=260, wrap_lines=True)


def _facts(run: RunRecord) -> str:
    """Return the run's facts, or an imported network's origin, image preparation and test."""
    facts = {
        "runs.fact.id": f"`{run.id}`",
        "runs.fact.created": _when(run.created),
        "runs.fact.time": "" if run.imported else duration(run.seconds, t),
        "runs.fact.hardware": escaped(run.hardware or run.device),
        "runs.fact.execution": _execution(run),
        "runs.fact.software": escaped(run.software),
        "runs.fact.parameters": f"{run.parameters:,}" if run.parameters else "",
        "runs.fact.sha": f"`{run.weights_sha256[:16]}`" if run.weights_sha256 else "",
    }
    if run.imported:
        for trained in ("hardware", "execution", "software", "sha"):
            del facts[f"runs.fact.{trained}"]
        facts["import.fact.tested"] = imported_result(run)
        if (source := source_of(run)) is not None:
            facts |= {
                "import.fact.images": _normalization(source.normalization),
                "import.fact.file": escaped(source.file),
                "import.fact.form": source.form,
                "import.fact.sha": f"`{source.sha256[:16]}`",
            }
    return "\n".join(f"- {t(key)}: {value}" for key, value in facts.items() if value)


def _normalization(name: str) -> str:
    """Return how an imported network's images were prepared."""
    if "/" not in name:
        return t(f"import.option.normalization.{name}")
    mean, deviation = name.replace(",", ", ").split("/")
    return t("import.normalization_numbers", mean=mean, deviation=deviation)


def _execution(run: RunRecord) -> str:
    threads = t("runs.fact.threads", count=run.threads) if run.threads else ""
    return ", ".join(filter(None, [run.precision, run.backend, threads]))


def _settings(run: RunRecord) -> None:
    """Show the settings that are not the paper's."""
    others = {
        name: text
        for name, text in run.experiment.to_query().items()
        if name not in {"name", "network", "seed"}
    }
    if others:
        listed = ", ".join(f"{label(name)} {escaped(text)}" for name, text in others.items())
        st.caption(t("runs.settings", list=listed))


def _links(run: RunRecord) -> None:
    with st.container(horizontal=True):
        compare_link(t("runs.link.compare"), [run])
        together = group_of_runs(run.group) if run.group else []
        for name, runs in (("group", together), ("tree", _tree(run))):
            if len(runs) > 1:
                compare_link(t(f"runs.link.{name}", count=len(runs)), runs)
        page_link("train", t("runs.link.again"), **Draft.of(run.experiment).to_query())


def _tree(run: RunRecord) -> list[RunRecord]:
    try:
        return queries.family(run.id)
    except PlaygroundError:
        return []  # deleted in this moment


def _log(run: RunRecord) -> str:
    try:
        return queries.log_tail(run.id, _LOG_LINES)
    except (PlaygroundError, OSError) as error:
        return explain(error)


def _when(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def imported_links(run: RunRecord) -> None:
    """Show links to Compare, Attribution, Why, and each laboratory that accepts the run."""
    with st.container(horizontal=True):
        compare_link(t("import.link.compare"), [run])
        page_link("attribution", t("import.link.attribution"), runs=run.id)
        page_link("why", t("import.link.why"))
    with st.expander(t("import.link.laboratories"), icon=":material/science:"):
        for name in catalog.NAMES:
            question = catalog.question(name)
            if question.most_runs and not question.refuses(run):
                page_link(f"labs/{name}", t(f"labs.{name}.title"), runs=run.id)


def run_export(run: RunRecord) -> None:
    """Show the formats; one with missing packages names the packages to install."""
    what: Format = st.selectbox(
        t("runs.export.format"),
        FORMATS,
        format_func=lambda one: t(f"runs.export.as.{one}"),
        key=_key("format", run.id),
        help=t("runs.export.help"),
    )
    st.caption(t(f"runs.export.holds.{what}"))
    missing = export.missing(what)
    if missing is not None:
        st.info(missing.text(language()), icon=":material/extension:")
        return
    if what == "hub":
        hint = t("runs.export.license_hint")
        st.text_input(t("runs.export.license"), key=_key("license", run.id), placeholder=hint)
    _packed(run, what)
    if run.state in ACTIVE:
        st.caption(t("runs.export.so_far"))


def _packed(run: RunRecord, what: Format) -> None:
    """Show the result of the last export, and the button for the next."""
    state = exports.state((run.id, what))
    if state is not None and state.error is not None:
        st.markdown(f":material/error: :red[{escaped(explain(state.error))}]")
    if state is not None and state.path is not None and state.path.is_file():
        path = state.path
        st.download_button(
            t("runs.export.save", megabytes=f"{max(0.1, path.stat().st_size / 1e6):.1f}"),
            data=path.read_bytes,
            file_name=path.name,
            mime="application/zip",
            icon=":material/download:",
            key=_key(f"save.{what}", run.id),
            on_click="ignore",
        )
    if state is None or state.done:
        st.button(
            t("runs.export.pack") if state is None else t("runs.export.again"),
            key=_key("pack", run.id),
            icon=":material/folder_zip:",
            on_click=_start,
            args=(run.id, what),
        )
    else:
        st.caption(f":material/hourglass: {t('runs.export.packing')}")


def _start(run_id: str, what: Format) -> None:
    typed = str(st.session_state.get(_key("license", run_id)) or "").strip()
    exports.export(run_id, what, typed if typed and what == "hub" else None)


def _key(part: str, run_id: str) -> str:
    return f"runs.{part}.{run_id}"
