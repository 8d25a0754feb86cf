"""The ledger: the paper's statements, public re-runs, and measurements here, at a glance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from app import services
from app.background.measurements import Estimate, training
from app.figures.labels import network_label
from app.language import texts
from app.language.errors import errors_shown
from app.language.texts import escaped, t
from app.page_data import ledger, puzzle, responses
from app.page_data.ledger import STATEMENTS, Check, LedgerState, Recipe, Statement
from app.page_data.runs import caption, duration
from app.page_state.controls import Control
from app.page_state.page import Page, compare_link, touch
from resnet_core.errors import PlaygroundError
from resnet_core.experiments.experiment import Experiment
from resnet_core.paper import cifar
from resnet_core.paper.reruns import RERUNS, Rerun
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord

_MOST_SETS = 8  # of runs that are shown at once
_BADGES = {"holds": "green", "fails": "orange", "open": "gray"}
_MARKS = {"holds": "✓", "fails": "✗", "open": "○"}
_DEPTHS = {"plain": (20, 32, 44, 56), "resnet": (20, 32, 44, 56, 110, 1202)}


def page() -> None:
    ledger_page = Page("ledger", LedgerState)
    st.title(t("ledger.title"))
    st.markdown(t("ledger.lead"))
    ledger_page.show_errors()
    runs = [*queries.recorded(), *queries.runs()]
    recipes = _with_checks(ledger.recipes(runs))
    if not recipes:
        st.info(t("ledger.none"))
    st.markdown(_claims(recipes))
    st.caption(t("ledger.legend"))
    if recipes:
        _details(ledger_page, recipes)
    st.header(t("ledger.errors"))
    ours = ledger.table_6(runs)
    st.markdown(_errors(ours))
    st.caption(t("ledger.errors_hint"))
    _responses(runs)
    ledger_page.write()


def _with_checks(recipes: Sequence[Recipe]) -> dict[str, Recipe]:
    """Return the recipes that can check a statement, by name; recorded ones first."""
    usable = [
        recipe
        for recipe in recipes
        if any(ledger.check(statement, recipe, _median_response) for statement in STATEMENTS)
    ]
    usable.sort(key=lambda recipe: not recipe.runs[0].recorded)
    return {recipe.key: recipe for recipe in usable[:_MOST_SETS]}


def _claims(recipes: dict[str, Recipe]) -> str:
    """Return a table of statements by sets of runs: difference, verdict, seeds."""
    rows = [
        [_set_name(recipe)]
        + [_cell(ledger.check(one, recipe, _median_response)) for one in STATEMENTS]
        for recipe in recipes.values()
    ]
    paper = [f"**{t('ledger.the_paper')}**", *(_papers_cell(one) for one in STATEMENTS)]
    reruns = [
        [escaped(rerun.source), *(_cell(ledger.reported(one, rerun)) for one in STATEMENTS)]
        for rerun in RERUNS
        if rerun.plain
    ]
    headings = [t("ledger.runs_label"), *(t(f"ledger.short.{one.key}") for one in STATEMENTS)]
    return _table(headings, [paper, *rows, *reruns])


def _cell(check: Check | None) -> str:
    if check is None:
        return "–"
    value = t(f"ledger.{_unit(check.statement)}", difference=check.difference)
    mark = _MARKS[check.verdict]
    return f":{_BADGES[check.verdict]}-badge[{mark} {value}] n = {check.n}"


def _papers_cell(statement: Statement) -> str:
    if statement.difference is None:
        return t("ledger.above")
    return t(f"ledger.{_unit(statement)}", difference=statement.difference)


def _unit(statement: Statement) -> str:
    return "difference_std" if statement.quantity == "response" else "difference_points"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown, the first column to the left."""
    alignment = [":--", *(["--:"] * (len(headings) - 1))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (headings, alignment, *rows))


def _set_name(recipe: Recipe) -> str:
    """Return the name of a set of runs: as on the home page, or by its data and length."""
    first = recipe.runs[0]
    if first.recorded and first.group in puzzle.GROUPS:
        name = t(f"home.set.{first.group}")
    else:
        title = escaped(first.data_title or first.experiment.data)
        name = t("ledger.own_set", data=title, iterations=first.experiment.iterations)
    return name if recipe.deep == 56 else t("ledger.other_depth", name=name, deep=recipe.deep)


def _details(ledger_page: Page[LedgerState], recipes: dict[str, Recipe]) -> None:
    """Show what stands behind one cell: both numbers, origin, curves, and the way to repeat it."""
    if ledger_page.state.runs not in recipes:
        ledger_page.change(runs=next(iter(recipes)))
    st.header(t("ledger.details"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = ledger_page.control(
            "statement",
            t("ledger.statement_label"),
            Control("list", tuple(one.key for one in STATEMENTS)),
            format_func=lambda key: t(f"ledger.statement.{key}"),
        )
        name = ledger_page.control(
            "runs",
            t("ledger.runs_label"),
            Control("list", tuple(recipes)),
            format_func=lambda name: _set_name(recipes[name]),
        )
    statement = next(one for one in STATEMENTS if one.key == key)
    values = {"figure": statement.figure, "difference": statement.difference}
    st.markdown(t(f"ledger.paper.{key}", **values))
    check = ledger.check(statement, recipes[name], _median_response)
    if check is None:
        st.info(t("ledger.lacks", networks=_networks([statement.above, statement.below])))
    else:
        _check(check)


def _check(check: Check) -> None:
    compared = (check.statement.above, check.statement.below)
    names = [network_label(name.replace("-56", f"-{check.deep}")) for name in compared]
    key = "compared_std" if check.statement.quantity == "response" else "compared"
    measured = t(
        f"ledger.{key}",
        above_name=names[0],
        below_name=names[1],
        above=check.above,
        below=check.below,
        difference=check.difference,
    )
    badge = _BADGES[check.verdict]
    st.markdown(f":{badge}-badge[{t(f'ledger.{check.verdict}')}] {measured}")
    if check.verdict == "open":
        st.caption(t("ledger.open_because", margin=check.margin))
    say = texts.speaker(texts.language())
    apart = t("ledger.apart", causes=_listed(check.causes)) if check.causes else ""
    st.caption(f"{caption(check.runs, check.n, say)}  \n{apart}".strip())
    with st.container(horizontal=True, vertical_alignment="center"):
        compare_link(t("ledger.curves"), check.runs)
        replay = st.popover(t("ledger.replay"), key="replay.open", on_change=touch)
        if replay.open:
            with replay:
                _replay([run.experiment for run in check.runs])


def _errors(ours: dict[str, tuple[RunRecord, ...]]) -> str:
    """Return a table of test errors by network: the paper's, others' and ours."""
    networks = [f"{family}-{depth}" for family, depths in _DEPTHS.items() for depth in depths]
    printed = [
        f"**{cifar.TEST_ERROR[int(name[7:])]:.2f}**" if name.startswith("resnet") else "–"
        for name in networks
    ]
    rows = [[f"**{t('ledger.the_paper')}**", *printed, ""]]
    means = [ledger.mean_test_error(ours[name]) for name in networks]
    causes = ledger.causes([run for runs in ours.values() for run in runs]) if any(means) else ()
    mine = ["–" if error is None else f"{error:.2f}" for error in means]
    rows.append([f"**{t('ledger.ours')}**", *mine, _listed(causes)])
    rows += [_rerun(rerun, networks) for rerun in RERUNS]
    headings = [t("ledger.source"), *map(network_label, networks), t("ledger.differs")]
    return _table(headings, rows)


def _rerun(rerun: Rerun, networks: Sequence[str]) -> list[str]:
    cells = []
    for name in networks:
        error, spread = rerun.error(name), rerun.spread(name)
        written = "–" if error is None else f"{error:.2f}"
        cells.append(written if spread is None else f"{written} ± {spread:.2f}")
    causes = _listed(rerun.causes) or t("ledger.several_seeds", n=rerun.seeds)
    return [escaped(rerun.source), *cells, causes]


def _responses(runs: Sequence[RunRecord]) -> None:
    """Show Fig. 7 as numbers: the median over layers at once, every layer on demand, and a CSV."""
    table = responses.response_table(runs)
    if table.empty:
        return
    st.header(t("ledger.responses.title"))
    rows = [
        [
            f"{network_label(row.network)} · {_group_name(row.set)}",
            f"{row.training_std:.3f}",
            f"{row.evaluation_std:.3f}",
            str(row.seeds),
        ]
        for row in responses.summary(table).itertuples()
    ]
    columns = ("network", "training", "evaluation", "seeds")
    st.markdown(_table([t(f"ledger.responses.{name}") for name in columns], rows))
    st.caption(t("ledger.responses.hint"))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            t("ledger.responses.csv"), table.to_csv(index=False), "figure7.csv", "text/csv"
        )
    with st.expander(t("ledger.responses.layers")):
        st.dataframe(table, hide_index=True)


def _group_name(group: str) -> str:
    return t(f"home.set.{group}") if group in puzzle.GROUPS else group


def _listed(causes: Sequence[str]) -> str:
    return ", ".join(t(f"ledger.cause.{cause}") for cause in causes)


def _networks(names: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(network_label(name) for name in names))


def _replay(experiments: Sequence[Experiment]) -> None:
    first = experiments[0]
    networks = _networks([one.network for one in experiments])
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
    if st.button(t("ledger.replay_start"), key="replay", type="primary"):
        _start(experiments)


def _start(experiments: Sequence[Experiment]) -> None:
    with errors_shown():
        started = services.submit(experiments)
        st.success(t("ledger.replay_started"))
        compare_link(t("ledger.curves"), started)


def _median_response(run: RunRecord) -> float | None:
    """Return the median over the 3x3 layers of the last record's response standard deviations.

    Fig. 7 compares the layers sorted; a plain network's few largest responses decide a mean.
    """
    try:
        measured = queries.measured(run).response_std
    except PlaygroundError:
        return None  # a damaged recording checks nothing
    return float(np.median(measured[-1])) if len(measured) else None


page()
