"""A laboratory's whole page: question, controls, figures, verdict, and the code that ran."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app import services, theme
from app.language import glossary, texts
from app.language.errors import explain
from app.language.texts import fault, say, t
from app.page_data.chapters import following
from app.page_state.page import Page, page_link, rerun, touch
from app.server import answers
from app.widgets.component import component
from app.widgets.laboratory.state import (
    LabState,
    Selection,
    actions,
    command_line,
    how_to_show,
    is_of,
    networks,
    select_result,
    setting_label,
    state_type,
    with_usable_networks,
)
from app.widgets.live_charts.live_charts import COMPONENT
from app.widgets.show_code import show_code
from resnet_core.errors import InvalidSetting, PlaygroundError
from resnet_core.labs import catalog
from resnet_core.labs.catalog import LabSettings, Question
from resnet_core.labs.results import results
from resnet_core.labs.results.request import LabRequest, setting_names
from resnet_core.system.texts import catalogue

IN_SIGHT = 3  # controls; the others are behind "more"
_WORDS = ("verdict", "also", "paper", "pending", "undecided", "progress", "reset", "lost")
_BLANKS = {"values": "{values}"}  # filled in the browser
_READING = ("table", "ends", "keys", "curve", "xaxis", "yaxis")
_component = component("lab_figures", Path(__file__).parent, js=COMPONENT, isolate_styles=False)

# Draws something above the figures; returns the settings as they were changed there.
Above = Callable[[LabState], LabSettings]


def laboratory(
    name: str,
    above: Above | None = None,
    last: Sequence[str] = (),
    below: Callable[[], None] | None = None,
) -> None:
    """Show the page of a laboratory.

    Args:
        above: shown above the figures; settings that it changes are requested at once.
        last: settings that are behind "more" because something above does the same.
        below: shown below the figures.
    """
    question = catalog.question(name)
    visited().add(name)
    page = _LabPage(question)
    st.title(t(f"labs.{name}.title"))
    st.markdown(glossary.linked(t(f"labs.{name}.lead"), texts.language()))
    page.show_errors()
    top, middle = st.container(), st.container()
    with st.container(horizontal=True, vertical_alignment="center"):
        buttons = st.container(horizontal=True, vertical_alignment="center", width="content")
        more = st.container(width="content")
    with top:
        page.controls(more, last)
    request, problem = page.request()
    with middle:
        if above is not None and request is not None:
            page.apply(above(page.state))
        if problem and page.state.runs:  # without networks the picker says so
            st.markdown(fault(problem))
    selection = page.result(request)
    with buttons:
        actions(request, selection, page.recorded, page.begin, page.back)
    page.figures(selection)
    if below is not None:
        below()
    page.other_data()
    _code(question, page.state)
    page.write()
    follower = following(name)
    if follower:
        page_link(f"labs/{follower}", t("labs.common.next", title=t(f"labs.{follower}.title")))
    page_link("why", t("labs.common.overview"))


def visited() -> set[str]:
    """Return the laboratories whose pages this session has opened."""
    names: set[str] = st.session_state.setdefault("labs.visited", set())
    return names


class _LabPage:
    """The page between its state and its result."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.form = f"lab.{question.name}"
        self.recorded = results.recorded(question.name)
        self.arrived = False  # in this run the state has come from a URL
        self._refused: InvalidSetting | None = None
        self._page = Page(self.form, state_type(question), self._arrive)
        if self._refused is not None:
            self._page.report("runs", self._refused)

    @property
    def state(self) -> LabState:
        return self._page.state

    def show_errors(self) -> None:
        self._page.show_errors(lambda field: setting_label(self.question.name, field))

    def controls(self, more: DeltaGenerator, last: Sequence[str]) -> None:
        """Show the controls, most of them in `more`; the state takes their values over."""
        question, page = self.question, self._page
        before = (self.state.settings, self.state.runs)
        fields = setting_names(question.settings)
        in_sight = [name for name in fields if name not in {"seed", *last}][:IN_SIGHT]
        with st.container(horizontal=True, vertical_alignment="bottom"):
            for name in in_sight:
                page.control(name, **how_to_show(question, name))
        with more, st.popover(t("labs.common.more")):
            for name in fields:
                if name not in in_sight:
                    page.control(name, **how_to_show(question, name))
        if question.most_runs:
            page.change(runs=networks(question, self.state.runs, page.key("runs"), page.touch))
        # The state's `here` applied to other settings.
        if self.state.here and before != (self.state.settings, self.state.runs):
            page.change(here=False)

    def apply(self, settings: LabSettings) -> None:
        """Show settings that were changed above the figures in the controls, and request them."""
        if settings == self.state.settings:
            return
        self._page.load(settings=settings, here=False)
        request, _ = self.request()
        try:
            if request is not None:
                services.submit_lab(request)
        except PlaygroundError as error:
            st.error(explain(error))
            return
        self.begin()
        rerun()

    def request(self) -> tuple[LabRequest | None, str]:
        """Return the state's request, or the reason why it has none."""
        try:
            return self.state.request(self.question), ""
        except PlaygroundError as error:
            return None, explain(error)

    def result(self, request: LabRequest | None) -> Selection:
        """Return the result to show, and store its id for the next run."""
        before = st.session_state.get(f"{self.form}.shown", "")
        selection = select_result(self.question.name, self.state, request, before, self.arrived)
        st.session_state[f"{self.form}.shown"] = selection.lab_id
        return selection

    def figures(self, selection: Selection) -> None:
        lab_figures(
            selection.lab_id,
            t(f"labs.{self.question.name}.paper"),
            f"{self.form}.figures",
            lead=t(f"labs.{self.question.name}.lead"),
            ask=None
            if self.state.to_query() or selection.active
            else question_first(self.question),
            active=selection.active,
            notice=t(f"labs.common.notice.{selection.notice}") if selection.notice else "",
            stale=selection.notice in {"stale", "missing"},
        )

    def other_data(self) -> None:
        """Say which data the recorded answers are of, and offer the one that is not shown."""
        beside = results.beside(self.question.name)
        if self.recorded is None or beside is None:
            return
        shown = next((one for one in (beside, self.recorded) if is_of(one, self.state)), None)
        other = self.recorded if shown is beside else beside
        names = {"data": t(results.data_key(other))}
        if shown is not None:
            depends = results.findings(shown) != results.findings(other)
            key = "depends" if depends else "agrees"
            names["here"] = t(results.data_key(shown))
            why = f"labs.{self.question.name}.why_flipped"
            reason = t(why) if depends and why in catalogue() else ""
            st.markdown(f"{t(f'labs.common.other_data.{key}', **names)} {reason}")
        request = other.request
        st.button(
            t("labs.common.other_data.show", **names),
            key="lab.other_data",
            on_click=lambda: self._page.load(
                settings=request.settings, runs=request.runs, here=False
            ),
        )

    def write(self) -> None:
        self._page.write()

    def begin(self) -> None:
        """From the next run on show this machine's result, also where one is recorded."""
        recorded = self.recorded is not None and is_of(self.recorded, self.state)
        self._page.change(here=recorded)

    def back(self) -> None:
        """Show the recorded result with its settings."""
        if self.recorded is not None:
            request = self.recorded.request
            self._page.load(settings=request.settings, runs=request.runs, here=False)

    def _arrive(self, state: LabState, query: Mapping[str, str]) -> LabState:
        """Replace networks of a URL that cannot be used by the default ones."""
        self.arrived = True
        state, self._refused = with_usable_networks(self.question, state, query)
        return state


def _code(question: Question, state: LabState) -> None:
    """Show the code that ran, and the command that computes the same."""
    if question.code:
        with st.expander(t("labs.common.code"), icon=":material/code:"):
            for path, name in question.code:
                show_code(path, name)
    with st.expander(t("labs.common.command"), icon=":material/terminal:"):
        line = command_line(question.name, state.runs, state.settings)
        st.code(line, language="bash", wrap_lines=True)


def question_first(question: Question) -> dict[str, Any] | None:
    """Return what a reader is asked before the recorded result, or None where there is nothing.

    A URL that names settings or networks is a link to a result: nothing is asked there.
    """
    key = f"labs.{question.name}.ask"
    if f"{key}.question" not in catalogue():
        return None
    return {
        "name": question.name,
        "title": t("labs.common.ask.title"),
        "question": t(f"{key}.question"),
        "options": [t(f"{key}.{letter}") for letter in "abc"],
        "skip": t("labs.common.ask.skip"),
        "guessed": t("labs.common.ask.guessed", guess="{guess}"),
    }


def lab_figures(
    lab_id: str,
    paper: str,
    key: str,
    *,
    lead: str = "",
    ask: Mapping[str, Any] | None = None,
    active: bool = False,
    notice: str = "",
    stale: bool = False,
) -> None:
    """Show a result, and follow it while it grows.

    When it ends, the page is run once more, so that it can say so.

    Args:
        lab_id: of the result; "" shows the notice alone.
        paper: what the paper or a follow-up found, beside the verdict.
        key: of the widget; the same key is the same figures, whatever result they show.
        lead: the page's first sentences; terms that they explain are not explained again.
        ask: what to ask before the result is shown; see `question_first`.
        active: whether it is being computed.
        notice: a sentence above the figures, or "".
        stale: what is shown is not what the controls say; it is drawn faint.
    """
    language, dark = texts.language(), theme.is_dark()
    query = {"id": lab_id, "lang": language, "dark": "1" if dark else "0"}
    _component(
        key=key,
        data={
            "routes": answers.routes_path(),
            "version": answers.static_version(),
            "module": "lab_figures.mjs",
            "id": lab_id,
            "query": urlencode(query) if lab_id else "",
            "language": language,
            "ask": ask,
            "active": active,
            "notice": notice,
            "stale": stale,
            "paper": paper,
            "glossary": glossary.for_browser(language, glossary.mentioned(lead, language)),
            "words": {name: t(f"labs.common.{name}") for name in _WORDS}
            | {name: say(language, f"labs.common.reading.{name}", **_BLANKS) for name in _READING},
        },
        # Streamlit runs the page at a trigger only where there is a callback.
        on_ended_change=touch,
    )
