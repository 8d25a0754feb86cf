"""A laboratory's whole page: question, controls, figures, verdict, and the code that did it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import services
from app.language.errors import explain
from app.language.markdown import escaped, fault
from app.language.texts import t
from app.page_state import url as page_url
from app.page_state.links import page_link
from app.widgets.laboratory import shown as showing
from app.widgets.laboratory.actions import actions
from app.widgets.laboratory.bench import Bench, command_line
from app.widgets.laboratory.controls import IN_SIGHT, Controls
from app.widgets.laboratory.lab_figures import lab_figures
from app.widgets.laboratory.shown import Shown
from app.widgets.laboratory.subjects import subjects
from app.widgets.show_code import show_code
from resnet_core.errors import PlaygroundError
from resnet_core.labs import catalog
from resnet_core.labs.question import LabSettings, Question
from resnet_core.labs.results.request import LabRequest, setting_names

# Draws something above the figures; gives the settings back as they were changed there.
Above = Callable[[Bench], LabSettings]


def laboratory(
    name: str,
    above: Above | None = None,
    last: Sequence[str] = (),
    below: Callable[[], None] | None = None,
) -> None:
    """Show the page of a laboratory.

    Args:
        above: shown above the figures; settings that it changes are asked for at once.
        last: settings that are behind "more" because something above does the same.
        below: shown below the figures.
    """
    question = catalog.question(name)
    page = _Page(question)
    st.title(t(f"labs.{name}.title"))
    st.markdown(t(f"labs.{name}.lead"))
    page.arrive()
    page.tell_problems()
    top, middle = st.container(), st.container()
    with st.container(horizontal=True, vertical_alignment="center"):
        buttons = st.container(horizontal=True, vertical_alignment="center", width="content")
        more = st.container(width="content")
    with top:
        page.controls(more, last)
    order, problem = page.order()
    with middle:
        if above is not None and order is not None:
            page.change(above(page.bench))
        page.explain(problem)
    shown = page.shown(order)
    with buttons:
        page.act(order, shown)
    page.show(shown)
    if below is not None:
        below()
    _code(question)
    _command(question, page.bench)
    page.write()
    page_link("why", t("labs.common.overview"))


class _Page:
    """The page's bench, between its URL, its controls and its result."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.form = f"lab.{question.name}"
        self.bench = Bench.standard(question)
        self.problems: list[str] = []
        self.arrived = False

    def arrive(self) -> None:
        """Take the bench from the URL, unless this page wrote that itself."""
        ready: Bench | None = st.session_state.pop(f"{self.form}.next", None)
        if ready is not None:
            self.bench = ready
            return
        query = page_url.read()
        if page_url.is_own(self.form, query):
            self.bench = st.session_state[f"{self.form}.bench"]
            self.problems = st.session_state.get(f"{self.form}.problems", [])
            return
        self.bench, self.problems = Bench.from_query(self.question, query)
        self.arrived = True
        st.session_state[f"{self.form}.problems"] = self.problems
        self._reload()

    def tell_problems(self) -> None:
        if self.problems:
            st.warning("  \n".join(map(escaped, self.problems)))

    def controls(self, more: DeltaGenerator, last: Sequence[str]) -> None:
        """Show the controls, most of them in `more`, and take over what they hold."""
        form = Controls(self.question, self.bench.settings)
        fields = setting_names(self.question.settings)
        in_sight = [name for name in fields if name not in {"seed", *last}][:IN_SIGHT]
        rest = [name for name in fields if name not in in_sight]
        runs = self.bench.runs
        with st.container(horizontal=True, vertical_alignment="bottom"):
            held = form.show(in_sight)
        with more, st.popover(t("labs.common.more")):
            held |= form.show(rest)
        if self.question.most_runs:
            generation = st.session_state[f"{self.form}.generation"]
            runs = subjects(self.question, runs, f"{self.form}.{generation}")
        self._take(form.settled(held), runs)

    def change(self, settings: LabSettings) -> None:
        """Show settings that were changed above the figures in the controls, and request them."""
        if settings == self.bench.settings:
            return
        self._take(settings, self.bench.runs)
        self._reload()
        order, _ = self.order()
        try:
            if order is not None:
                services.ask(order)
        except PlaygroundError as error:
            st.error(explain(error))
            return
        self._begun()
        st.rerun()

    def order(self) -> tuple[LabRequest | None, str]:
        """What the bench asks, or why it cannot be asked."""
        try:
            return self.bench.order(self.question), ""
        except PlaygroundError as error:
            return None, explain(error)

    def explain(self, problem: str) -> None:
        """Say why the bench cannot be asked; that no network is there, the picker says."""
        if problem and self.bench.runs:
            st.markdown(fault(problem))

    def shown(self, order: LabRequest | None) -> Shown:
        before = st.session_state.get(f"{self.form}.shown", "")
        found = showing.find(self.question, self.bench, order, before, self.arrived)
        st.session_state[f"{self.form}.shown"] = found.lab_id
        return found

    def act(self, order: LabRequest | None, shown: Shown) -> None:
        recorded = services.lab_recording(self.question.name)
        actions(order, shown, recorded, self._begun, self._back)

    def show(self, shown: Shown) -> None:
        lab_figures(
            shown.lab_id,
            t(f"labs.{self.question.name}.paper"),
            f"{self.form}.figures",
            active=shown.active,
            notice=t(f"labs.common.notice.{shown.notice}") if shown.notice else "",
            stale=shown.notice in {"stale", "missing"},
        )

    def write(self) -> None:
        """Put the bench into the URL, without a run of the page where nothing changed."""
        st.session_state[f"{self.form}.bench"] = self.bench
        page_url.write(self.form, self.bench.to_query(self.question))

    def _take(self, settings: LabSettings, runs: tuple[str, ...]) -> None:
        changed = (settings, runs) != (self.bench.settings, self.bench.runs)
        if changed:
            self.bench = Bench(settings, runs)
            st.session_state[f"{self.form}.problems"] = []

    def _begun(self) -> None:
        """From the next run on this bench's own result is shown, also where one is recorded."""
        recorded = services.lab_recording(self.question.name)
        same = recorded is not None and showing.is_of(recorded, self.bench)
        self._next(self.bench.changed(here=same))

    def _back(self) -> None:
        """Show the recorded result with its settings."""
        recorded = services.lab_recording(self.question.name)
        if recorded is not None:
            self.bench = Bench(recorded.request.settings, recorded.request.runs)
        self._reload()
        self._next(self.bench)

    def _next(self, bench: Bench) -> None:
        """What the next run of the page shows. It writes the URL at its end: what is written
        just before a rerun may never reach the browser."""
        st.session_state[f"{self.form}.next"] = bench

    def _reload(self) -> None:
        """Have the controls begin anew with what the bench says."""
        Controls(self.question, self.bench.settings).load(self.bench.settings)


def _code(question: Question) -> None:
    if not question.code:
        return
    with st.expander(t("labs.common.code"), icon=":material/code:"):
        for path, name in question.code:
            show_code(path, name)


def _command(question: Question, bench: Bench) -> None:
    """The command that computes what the controls say."""
    with st.expander(t("labs.common.command"), icon=":material/terminal:"):
        line = command_line(question.name, bench.runs, bench.settings)
        st.code(line, language="bash", wrap_lines=True)
