"""Compare any runs, live or finished; the URL holds the whole state."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app import services
from app.language import texts
from app.language.texts import t
from app.page_data import recordings
from app.page_state import url as page_url
from app.page_state.links import page_link
from app.page_state.view import MEASURES, SMOOTHEST, CompareState, View
from app.widgets.live_charts.live_charts import live_charts
from app.widgets.runs.picker import groups, run_picker
from resnet_core.runs.record import RunRecord

PAGE = "compare"
# Session state: how often other parameters came than the page had written, the widgets.
VISITS = "compare.visits"
RUNS, X, LAYERS = "compare.runs", "compare.x", "compare.layers"
ERROR, SMOOTH, LOG = "compare.error", "compare.smooth", "compare.log"
LAYER_VIEWS = ("layer", "sorted", "map")


def page() -> None:
    st.title(t("compare.title"))
    st.markdown(t("compare.lead"))
    runs = [*services.runs(), *services.recorded()]
    state = _arrive(runs)
    if not runs:
        _nothing_yet()
        return
    ids = run_picker(runs, RUNS)
    view = _controls(state.view)
    seen = live_charts(
        ids,
        view,
        f"compare-charts-{st.session_state[VISITS]}",
        remember=True,
        empty=t("compare.none_chosen"),
    )
    page_url.write(PAGE, CompareState(ids, seen).to_query())


def _arrive(runs: Sequence[RunRecord]) -> CompareState:
    """The state; a URL that this page did not write itself sets the widgets anew."""
    query = page_url.read()
    if page_url.is_own(PAGE, query):
        state, _ = CompareState.from_query(query)
        return state
    state, unusable = CompareState.from_query(query)
    known = {run.id for run in runs}
    missing = [run_id for run_id in state.runs if run_id not in known]
    chosen = [run_id for run_id in state.runs if run_id in known]
    if "runs" not in query:
        chosen = _suggested(runs)
    st.session_state[RUNS] = chosen
    _set_widgets(state.view)
    st.session_state[VISITS] = st.session_state.get(VISITS, 0) + 1
    _tell_problems(missing, unusable)
    return state


def _suggested(runs: Sequence[RunRecord]) -> list[str]:
    """What was started together here last, else what the home page begins with, else the newest
    run: a page is never empty for nothing."""
    together = groups([run for run in runs if not run.recorded])
    suggested = next(iter(together.values()), None) or recordings.first() or runs[:1]
    return [run.id for run in suggested]


def _set_widgets(view: View) -> None:
    st.session_state[X] = view.x
    st.session_state[LAYERS] = "map" if view.heat else view.order
    st.session_state[ERROR] = view.error
    st.session_state[SMOOTH] = view.smooth
    st.session_state[LOG] = view.log


def _tell_problems(missing: Sequence[str], unusable: Sequence[str]) -> None:
    said = []
    if missing:
        named = ", ".join(missing[:3]) + (" …" if len(missing) > 3 else "")
        said.append(t("compare.unknown", n=len(missing), ids=named))
    if unusable:
        said.append(t("compare.unusable", names=", ".join(unusable)))
    if said:
        st.warning("  \n".join(said))


def _controls(view: View) -> View:
    say = texts.speaker(texts.language())
    with st.container(horizontal=True, vertical_alignment="bottom"):
        x = st.segmented_control(
            t("compare.x"),
            ("iterations", "epochs", "seconds"),
            key=X,
            required=True,
            format_func=lambda name: say(f"compare.x_{name}"),
        )
        layers = st.segmented_control(
            t("compare.layers"),
            LAYER_VIEWS,
            key=LAYERS,
            required=True,
            format_func=lambda name: say(f"compare.layers_{name}"),
        )
        with st.popover(t("compare.more")):
            error, smooth, log = _more(say)
    return view.changed(
        x=x,
        order="sorted" if layers == "sorted" else "layer",
        heat=layers == "map",
        error=error,
        smooth=smooth,
        log=log,
    )


def _more(say: texts.Speaker) -> tuple[str, float, bool]:
    error = st.radio(
        t("compare.error"),
        MEASURES,
        key=ERROR,
        format_func=lambda name: say(f"compare.error_{name}"),
    )
    smooth = st.slider(t("compare.smooth"), 0.0, SMOOTHEST, step=0.05, key=SMOOTH)
    log = st.toggle(t("compare.log"), key=LOG)
    return error, smooth, log


def _nothing_yet() -> None:
    st.info(t("compare.nothing"))
    page_link("puzzle", t("common.nav.puzzle"))
    page_link("train", t("common.nav.train"))


page()
