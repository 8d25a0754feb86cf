"""Compare any runs, live or finished; the URL holds the whole state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from app.language import texts
from app.language.texts import escaped, t
from app.page_data import puzzle
from app.page_state.controls import Control
from app.page_state.page import Page, page_link
from app.page_state.view import SMOOTHEST, CompareState
from app.roles import visitor
from app.widgets.live_charts.live_charts import live_charts
from app.widgets.runs.picker import groups, run_picker
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord

LAYER_VIEWS = ("layer", "sorted", "map")
SMOOTHING = Control("slider", low=0.0, high=SMOOTHEST, step=0.05)
_WORDS = {"heat": "layers", "order": "layers", "x": "x"}  # of fields that share a control's label


def page() -> None:
    st.title(t("compare.title"))
    st.markdown(t("compare.lead"))
    runs = [*visitor.visible(queries.runs()), *queries.recorded()]

    def completed(state: CompareState, query: Mapping[str, str]) -> CompareState:
        return state if "runs" in query else state.changed(runs=_suggested(runs))

    compare = Page("compare", CompareState, completed)
    compare.show_errors(_label)
    _show_missing(compare.state.runs, runs)
    if not runs:
        _nothing_yet()
        return
    run_picker(compare, runs)
    _controls(compare)
    view = live_charts(
        compare.state.runs,
        compare.state,
        f"compare-charts-{compare.generation}",
        remember=True,
        empty=t("compare.none_chosen"),
        on_seen=compare.touch,
    )
    compare.change(at=view.at, hidden=view.hidden, zoom=view.zoom)
    compare.write()


def _suggested(runs: Sequence[RunRecord]) -> tuple[str, ...]:
    """Return the runs that were started together here last, else what the home page begins with,
    else the newest run."""
    together = groups([run for run in runs if not run.recorded])
    suggested = next(iter(together.values()), None) or puzzle.first_recording() or runs[:1]
    return tuple(run.id for run in suggested)


def _show_missing(ids: Sequence[str], runs: Sequence[RunRecord]) -> None:
    """Name the runs that the URL asks for and that are not on this machine."""
    present = {run.id for run in runs}
    missing = [run_id for run_id in ids if run_id not in present]
    if missing:
        named = ", ".join(run_id[:40] for run_id in missing[:3])
        more = " …" if len(missing) > 3 else ""
        st.warning(t("compare.unknown", n=len(missing), ids=escaped(named) + more))


def _label(name: str) -> str:
    key = f"compare.{_WORDS.get(name, name)}"
    return t(key) if key in texts.catalogue() else name


def _controls(compare: Page[CompareState]) -> None:
    say = texts.speaker(texts.language())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        compare.control("x", t("compare.x"), format_func=lambda name: say(f"compare.x_{name}"))
        _layers(compare, say)
        with st.popover(t("compare.more")):
            compare.control(
                "error",
                t("compare.error"),
                format_func=lambda name: say(f"compare.error_{name}"),
            )
            compare.control("smooth", t("compare.smooth"), SMOOTHING)
            compare.control("log", t("compare.log"))


def _layers(compare: Page[CompareState], say: texts.Speaker) -> None:
    """Show one choice for two fields: a map has no order."""
    layers = compare.show(
        "layers",
        t("compare.layers"),
        Control("buttons", LAYER_VIEWS),
        "map" if compare.state.heat else compare.state.order,
        format_func=lambda name: say(f"compare.layers_{name}"),
    )
    order = compare.state.order if layers == "map" else layers
    compare.change(heat=layers == "map", order=order)


def _nothing_yet() -> None:
    st.info(t("compare.nothing"))
    page_link("puzzle", t("common.nav.puzzle"))
    page_link("train", t("common.nav.train"))


page()
