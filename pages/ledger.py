"""The ledger: the paper's statements, public re-runs, and measurements here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from app import services
from app.background.measurements import Estimate, training
from app.figures.labels import network_label
from app.language import texts
from app.language.errors import errors_shown
from app.language.texts import t
from app.page_data import ledger
from app.page_data.ledger import Check, Statement, TestError
from app.page_data.runs import caption, duration
from app.page_state.page import compare_link
from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.paper import cifar
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord


def page() -> None:
    st.title(t("ledger.title"))
    st.markdown(t("ledger.lead"))
    runs = [*queries.recorded(), *queries.runs()]
    recipes = ledger.recipes(runs)
    for statement in ledger.STATEMENTS:
        _statement(statement, ledger.checks(statement, recipes, _mean_response))
    st.subheader(t("ledger.errors"))
    st.caption(t("ledger.errors_hint"))
    for line in ledger.table_6(runs):
        _test_error(line)


def _statement(statement: Statement, checks: Sequence[Check]) -> None:
    st.subheader(t(f"ledger.statement.{statement.key}"))
    st.caption(f"{_papers(statement)} {_agreement(checks)}".strip())
    if not checks:
        st.info(t("ledger.none"))
    for number, check in enumerate(checks):
        with st.container(border=True):
            _check(check, f"{statement.key}.{number}")


def _papers(statement: Statement) -> str:
    """Return the paper's statement, and where it stands."""
    values = {"figure": statement.figure, "difference": statement.difference}
    return t(f"ledger.paper.{statement.key}", **values)


def _agreement(checks: Sequence[Check]) -> str:
    """Return the number of comparisons in which the statement holds here."""
    if not checks:
        return ""
    return t("ledger.seen", holding=sum(check.holds for check in checks), checked=len(checks))


def _check(check: Check, key: str) -> None:
    names = [network_label(name) for name in (check.statement.above, check.statement.below)]
    measured = t(
        "ledger.compared_std" if check.statement.quantity == "response" else "ledger.compared",
        above_name=names[0],
        below_name=names[1],
        above=check.above,
        below=check.below,
        difference=check.difference,
    )
    badge = ("green", "holds") if check.holds else ("orange", "fails")
    st.markdown(f":{badge[0]}-badge[{t(f'ledger.{badge[1]}')}] {measured}")
    _origin(check.runs, t("ledger.apart", causes=_listed(check.causes)) if check.causes else "")
    _actions(check.runs, [run.experiment for run in check.runs], key)


def _test_error(line: TestError) -> None:
    reruns = ", ".join(f"{error:.2f}" for error in line.reruns) or t("ledger.no_reruns")
    ours = t("ledger.not_run") if line.ours is None else t("ledger.ours", ours=line.ours)
    with st.container(border=True):
        numbers = t("ledger.numbers", paper=line.paper, reruns=reruns)
        st.markdown(f"**ResNet-{line.depth}** · {numbers} · {ours}")
        if line.ours is not None:
            _origin(line.runs, _difference(line.ours - line.paper, line.causes))
        experiments = [run.experiment for run in line.runs] or [_the_papers(line.depth)]
        _actions(line.runs, experiments, f"table6.{line.depth}")


def _difference(difference: float, causes: Sequence[str]) -> str:
    if not causes:
        return t("ledger.difference_alone", difference=difference)
    return t("ledger.difference", difference=difference, causes=_listed(causes))


def _origin(runs: Sequence[RunRecord], apart: str) -> None:
    """Show data, length, machine and seeds, and what is unlike the paper."""
    say = texts.speaker(texts.language())
    seeds = len({run.experiment.seed for run in runs})
    st.caption(f"{caption(runs, seeds, say)}  \n{apart}".strip())


def _listed(causes: Sequence[str]) -> str:
    return ", ".join(t(f"ledger.cause.{cause}") for cause in causes)


def _actions(runs: Sequence[RunRecord], experiments: Sequence[Experiment], key: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if runs:
            compare_link(t("ledger.curves"), runs)
        replay = st.popover(t("ledger.replay"), key=f"replay.{key}.open", on_change="rerun")
        if replay.open:  # there are two dozen of them
            with replay:
                _replay(experiments, key)


def _replay(experiments: Sequence[Experiment], key: str) -> None:
    networks = ", ".join(dict.fromkeys(network_label(one.network) for one in experiments))
    first = experiments[0]
    st.markdown(
        t("ledger.replay_what", networks=networks, iterations=first.iterations, data=first.data)
    )
    # Only look estimates up: opening a page starts no measurement.
    estimates = [training.cached(one) for one in experiments]
    times = [one for one in estimates if isinstance(one, Estimate)]
    if len(times) == len(experiments):
        seconds = sum(one.seconds for one in times)
        st.caption(t("ledger.replay_time", time=duration(seconds, t)))
        if any(one.busy for one in times):
            st.caption(t("common.measured_busy"))
    if st.button(t("ledger.replay_start"), key=f"replay.{key}", type="primary"):
        _start(experiments)


def _start(experiments: Sequence[Experiment]) -> None:
    with errors_shown():
        started = services.submit(experiments)
        st.success(t("ledger.replay_started"))
        compare_link(t("ledger.curves"), started)


def _mean_response(run: RunRecord) -> float | None:
    """Return the mean over the 3x3 layers of the last record's response standard deviations."""
    try:
        measured = queries.measured(run).response_std
    except PlaygroundError:
        return None  # a damaged recording checks nothing
    return float(np.mean(measured[-1])) if len(measured) else None


def _the_papers(depth: int) -> Experiment:
    return Experiment.create(
        network=f"cifar/resnet-{depth}", data="cifar10", iterations=cifar.ITERATIONS
    )


page()
