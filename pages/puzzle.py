"""The puzzle: four networks, one recipe, and a curve that is not where it should be."""

from __future__ import annotations

import streamlit as st

from app import services
from app.background.measurements import Estimate, training
from app.figures.labels import network_label
from app.language import texts
from app.language.errors import errors_shown
from app.language.texts import escaped, t
from app.page_data import puzzle
from app.page_data.runs import Progress, duration, find_runs, group_of_runs, progress
from app.page_state.controls import Control
from app.page_state.page import Page, compare_link, page_link, rerun
from app.page_state.view import PuzzleState, View
from app.roles import visitor
from app.widgets.live_charts.live_charts import live_charts
from resnet_core.experiments.experiment import Experiment
from resnet_core.runs.record import ACTIVE, RunRecord

GUESS = "puzzle.guess"  # absent while it is asked, the network that was guessed, or SKIPPED
SKIPPED = "skipped"


def page() -> None:
    home = Page("puzzle", PuzzleState)
    records, unknown = _records(home.state)
    st.title(t("home.title"))
    st.markdown(t("home.lead"))
    home.show_errors()
    if unknown:
        st.info(t("home.unknown", name=escaped(unknown)))
    with st.container(key="home-lesson"):
        page_link("lesson", t("home.lesson"))
    active = any(record.state in ACTIVE for record in records)
    guess = st.session_state.get(GUESS)
    asking = not guess and puzzle.can_be_guessed(records)
    # Always three places, so that the charts in the middle stay where they are in the page.
    above, middle, below = st.container(), st.container(), st.container()
    with above:
        if asking:
            _ask(records)
        if active:
            _progress([record.id for record in records])
    with below if asking else above:
        if not active:
            _actions(home, records)
        _choice(home)
    with middle:
        charts(records, asking, guessed=guess in puzzle.four_of(records))
    if records and not active and not asking:
        _conclusion(records, guess)
    home.write()


def charts(records: list[RunRecord], asking: bool, guessed: bool) -> None:
    ids = [record.id for record in records]
    if not asking:
        st.caption(t("home.panels"))
    live_charts(ids, View(), "puzzle", hold=asking, play=guessed, empty=t("home.none"))


def _records(state: PuzzleState) -> tuple[list[RunRecord], str]:
    """Return the runs to show, and the name in the URL if no runs have it."""
    if not state.run:
        return puzzle.first_recording(), ""
    runs = puzzle.recorded_four(state.run) or group_of_runs(state.run)
    return (runs, "") if runs else (puzzle.first_recording(), state.run)


def _choice(home: Page[PuzzleState]) -> None:
    """Offer the recorded sets; none is chosen while the reader's own runs are shown."""
    groups = puzzle.recorded_groups()
    if len(groups) < 2:
        return
    key = home.key("set")

    def choose() -> None:
        home.touch()
        home.change(run=st.session_state[key])

    home.show(
        "set",
        t("home.sets"),
        Control("buttons", tuple(groups)),
        home.state.run or groups[0],
        format_func=lambda group: t(f"home.set.{group}"),
        on_change=choose,
        label_visibility="collapsed",
    )


def _actions(home: Page[PuzzleState], records: list[RunRecord]) -> None:
    """Show the main button; its label gives the time once that has been measured."""
    experiments = puzzle.experiments_like(records)
    again = bool(records) and not records[0].recorded
    lacking = _data(records) if puzzle.lacking(experiments) else ""
    unknown = not lacking and not again and training.together(experiments) is None
    st.fragment(_buttons, run_every=2.0 if unknown else None)(home, experiments, again, lacking)


def _data(records: list[RunRecord]) -> str:
    return records[0].data_title or records[0].experiment.data


def _buttons(
    home: Page[PuzzleState],
    experiments: tuple[Experiment, ...],
    again: bool,
    lacking: str,
) -> None:
    going = [] if lacking else puzzle.going_on(experiments)
    if going:
        _join(home, experiments, going)
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        label, hint = _run_label(experiments, again, bool(lacking))
        if st.button(label, type="primary", key="run", help=hint, disabled=bool(lacking)):
            _start(home, experiments)
    if lacking:
        st.caption(t("home.lacking", data=escaped(lacking)))


def _join(
    home: Page[PuzzleState], experiments: tuple[Experiment, ...], going: list[RunRecord]
) -> None:
    """Offer to watch the same training that is going on, or a seed that is pooled with it."""
    st.caption(t("home.going_on"))
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(t("home.watch"), type="primary", key="watch"):
            home.load(run=going[0].group)
            rerun()
        seed = puzzle.free_seed(going)
        if st.button(t("home.own_seed", seed=seed), key="run", help=t("home.pooled")):
            _start(home, tuple(one.changed(seed=seed) for one in experiments), going[0].group)


def _run_label(
    experiments: tuple[Experiment, ...], again: bool, lacking: bool
) -> tuple[str, str | None]:
    """Return the button's label and its tooltip."""
    if again:
        return t("home.again", seed=experiments[0].seed), None
    estimate = None if lacking else training.together(experiments)
    if isinstance(estimate, Estimate):
        label = t("home.run_timed", time=duration(estimate.seconds, t))
        return label, t("common.measured_busy") if estimate.busy else None
    return t("home.run"), None


def _start(
    home: Page[PuzzleState], experiments: tuple[Experiment, ...], group: str | None = None
) -> None:
    with errors_shown():
        started = services.submit(experiments, group)
        st.session_state.pop(GUESS, None)
        home.load(run=started[0].group)
        rerun()


@st.fragment(run_every=1.0)
def _progress(ids: list[str]) -> None:
    """Show the runs' progress; the charts move by themselves."""
    services.ensure_supervisor()  # should it have been killed, runs go on waiting no longer
    records, _ = find_runs(ids)
    now = progress(records)
    if not now.active:
        rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(1.0, now.share), text=_progress_text(records, now))
        own = [
            one for one in records if one.state in ACTIVE and visitor.current().may_change(one.id)
        ]
        if own and st.button(t("home.stop"), key="stop"):
            for record in own:
                services.stop(record.id)


def _progress_text(records: list[RunRecord], now: Progress) -> str:
    if all(record.state == "queued" for record in records):
        ahead, seconds = puzzle.waiting(records)
        if not ahead:
            return t("home.starting")
        if seconds is None:
            return t("home.waiting", place=ahead + 1)
        return t("home.waiting_timed", place=ahead + 1, time=duration(seconds, t))
    percent = f"{now.share * 100:.0f}"
    if now.seconds_left is None:
        return t("home.progress", percent=percent)
    return t("home.progress_left", percent=percent, time=duration(now.seconds_left, t))


def _ask(records: list[RunRecord]) -> None:
    """Ask for a guess beside the charts, which wait at iteration 0 for it."""
    with st.container(border=True):
        st.markdown(f"**{t('home.guess.question')}** :small[{t('home.guess.hint')}]")
        with st.container(horizontal=True, vertical_alignment="center"):
            for network in puzzle.four_of(records):
                st.button(
                    network_label(network),
                    key=f"guess.{network}",
                    on_click=_guess,
                    args=(network,),
                )
            skip = t("home.guess.skip")
            st.button(skip, key="skip", type="tertiary", on_click=_guess, args=(SKIPPED,))


def _guess(network: str) -> None:
    st.session_state[GUESS] = network


def _conclusion(records: list[RunRecord], guess: str | None) -> None:
    say = texts.speaker(texts.language())
    st.header(t("home.saw.title"))
    answer = puzzle.answer(guess, records, say) if guess else ""
    if answer:
        st.markdown(f"**{answer}**")
    st.markdown(" ".join(puzzle.verdict(records, say)))
    if puzzle.final_errors(records):
        st.caption(puzzle.measured_on(records, say))
        _more(records)
        for sentence in puzzle.at_larger_scales(records, say):
            st.markdown(sentence)
    _links(records)


def _more(records: list[RunRecord]) -> None:
    """Show the errors on fixed images, which need not agree with the chart's, and the recipe."""
    with st.expander(t("home.more.title")):
        st.markdown(puzzle.fixed_table(records, texts.speaker(texts.language())))
        st.caption(
            t("home.more.fixed", images=max(run.experiment.evaluation_images for run in records))
        )
        st.markdown(puzzle.recipe(records[0].experiment, texts.speaker(texts.language())))


def _links(records: list[RunRecord]) -> None:
    page_link("why", t("home.next.why"))
    compare_link(t("home.next.compare"), records, order="sorted")
    page_link("train", t("home.next.train"))


page()
