"""One page between its URL, its controls and the session.

    page = Page("shelf", ShelfState)          # at the top: state from the URL, or as it was left
    page.show_errors(lambda name: t(f"shelf.{name}"))          # what in the URL cannot be used
    page.control("book", t("shelf.book"), format_func=...)  # a control made from the field
    if page.state.open: ...                                 # a checked, frozen value
    st.button(t("shelf.next"), on_click=lambda: page.load(page=page.state.page + 1))
    page.write()                              # at the end: the URL says what is shown

Facts about Streamlit that decide how this is done:

- A run of the page is cut short by the next event, at any line. The state is therefore kept in
  the session whenever it changes, and a URL counts as read as soon as it is read, not at the end.
- An event carries the URL that the browser showed when it was sent, which may be older than what
  the page wrote since. A URL is therefore ignored in a run that one of the page's own controls
  caused; such controls call `touch`, as all made by `control` do. So do the language switch, and
  `rerun` for fragments, which look again by themselves. Any other URL that the page has not
  written is a wish (a link, the Back button): it resets the controls.
- A control's value is lost when its labels change with the language, or when the page is left. It
  has another key after each load and in each language, and begins with the state's value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import urlencode

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError

from app.language import texts
from app.language.errors import explain
from app.language.texts import escaped, fault, t
from app.page_state.controls import Control, show
from app.page_state.query import Errors, PageState
from resnet_core.errors import InvalidSetting
from resnet_core.runs.record import RunRecord

State = TypeVar("State", bound=PageState)
_CURRENT = "page.current"  # the memory of the page that is shown

# Parameters that search engines, social networks and newsletters add to the links to a page.
_TRACKING = frozenset(
    {
        *("gclid", "gclsrc", "dclid", "gbraid", "wbraid", "gad_source", "srsltid", "_ga", "_gl"),
        *("fbclid", "igshid", "igsh", "twclid", "ttclid", "li_fat_id", "msclkid", "yclid"),
        *("mc_cid", "mc_eid", "_hsenc", "_hsmi", "mkt_tok", "NaPm", "ref", "ref_src", "ref_url"),
    }
)


@dataclass
class _Memory(Generic[State]):
    """A page in one session.

    Attributes:
        query: the URL's parameters as the page read or wrote them last.
        errors: of the parameters of the URL, until the state is changed.
        generation: how often the controls were reset.
        touched: a control of the page caused the present run, or the state is newer than the URL.
    """

    state: State
    query: Mapping[str, str]
    errors: Errors = field(default_factory=dict)
    generation: int = 1
    touched: bool = False


class Page(Generic[State]):
    """A page's state while it runs; see the module.

    Args:
        name: of the page; the first part of each of its keys.
        kind: of the state.
        adjust: completes a state that comes from a URL, of which it is given the parameters.
        keep: show the page as it was left when its URL has no parameters.
    """

    def __init__(
        self,
        name: str,
        kind: type[State],
        adjust: Callable[[State, Mapping[str, str]], State] = lambda state, query: state,
        keep: bool = False,
    ) -> None:
        self.name = name
        query = _parameters()
        memory: _Memory[State] | None = st.session_state.get(self._slot)
        if memory is None or not (memory.touched or query == memory.query or (keep and not query)):
            state, errors = kind.from_query(query)
            generation = memory.generation + 1 if memory else 1
            memory = _Memory(adjust(state, query), query, errors, generation)
            st.session_state[self._slot] = memory
        memory.touched = False
        memory.query = query
        self._memory = st.session_state[_CURRENT] = memory

    @property
    def state(self) -> State:
        """Return what the page shows now."""
        return self._memory.state

    @property
    def generation(self) -> int:
        """Return how often the controls were reset, for keys that outlive a change of language."""
        return self._memory.generation

    def key(self, name: str) -> str:
        """Return a control's key: another one after each load and in each language."""
        return f"{self.name}.{self.generation}.{texts.language()}.{name}"

    def touch(self) -> None:
        """Note that the page's own control causes the next run.

        It is the `on_change` of widgets that are not made by `control`.
        """
        self._memory.touched = True

    def change(self, **values: Any) -> None:
        """Take over what a control holds, or what a button's callback decides.

        Raises:
            InvalidSetting: names the first field that cannot be used; the state stays.
        """
        state = self.state.changed(**values)
        if state != self.state:
            self._memory.state = state
            self._memory.errors = {}
            self.touch()

    def load(self, state: State | None = None, **values: Any) -> None:
        """Show another state or other values from the next run on, the controls included.

        To be called in a callback, or before `st.rerun`.
        """
        self._memory.state = (state or self.state).changed(**values)
        self._memory.errors = {}
        self._memory.generation += 1
        self.touch()

    def control(
        self,
        name: str,
        label: str,
        control: Control | None = None,
        *,
        key: str = "",
        **how: Any,
    ) -> Any:
        """Show the control of a field, and an error beneath it; the state takes its value over.

        Args:
            control: made from the field where it is not given.
            key: tells the controls of one field apart, such as those of two networks' depths.
            how: passed to Streamlit's function.
        """
        control = control or Control.of(self.state.field(name))
        key = self.key(key or name)
        value = show(
            control,
            label,
            key,
            self.state.value(name),
            on_change=self._take,
            args=(name, control, key),
            **how,
        )
        try:
            self.change(**{name: value})
        except InvalidSetting as error:
            st.markdown(fault(explain(error)))
        return self.state.value(name)

    def choice(self, name: str, words: str, control: Control | None = None, **how: Any) -> Any:
        """Show the control of a field whose values have names in the catalogue.

        Args:
            words: the keys' first part; `WORDS.label` is the control's label, `WORDS.VALUE` the
                name of a value.
        """
        label = t(f"{words}.label")
        how["format_func"] = lambda value: t(f"{words}.{value}")
        return self.control(name, label, control, **how)

    def show(self, name: str, label: str, control: Control, value: Any, **how: Any) -> Any:
        """Show a control of something other than one field, and return what it holds.

        Args:
            value: that it begins with.
        """
        return show(control, label, self.key(name), value, **{"on_change": self.touch, **how})

    def show_errors(self, label: Callable[[str], str] | None = None) -> None:
        """Say which parameters of the URL gave way to defaults, and why.

        Args:
            label: gives the reader's name for a field; by default its own.
        """
        lines = []
        for name, error in self._memory.errors.items():
            named = label(name) if label and name in self.state.names() else name[:40]
            lines.append(t("common.address", field=escaped(named), reason=escaped(explain(error))))
        if lines:
            st.warning("  \n".join(lines))

    def report(self, name: str, error: InvalidSetting) -> None:
        """Show with `show_errors` what is wrong with a parameter that fits the state's type."""
        self._memory.errors[name] = error

    def write(self) -> None:
        """Put the state into the URL; the page does not run again because of it."""
        self._memory.touched = False
        try:
            query = self.state.to_query()
        except InvalidSetting:
            return  # still being written; the URL keeps the last state that could be used
        self._memory.query = query
        present = st.query_params.to_dict()
        language = {name: text for name, text in present.items() if name == texts.PARAMETER}
        if present != {**query, **language}:
            st.query_params.from_dict({**query, **language})

    def _take(self, name: str, control: Control, key: str) -> None:
        """Take over a control's new value before the page runs, so that all of it knows."""
        self.touch()
        with suppress(InvalidSetting):  # `control` says so beneath the control
            self.change(**{name: control.read(st.session_state[key], self.state.value(name))})

    @property
    def _slot(self) -> str:
        return f"page.{self.name}"


def begin_run() -> None:
    """Forget which page was shown, at the start of a run of any page."""
    st.session_state.pop(_CURRENT, None)


def touch() -> None:
    """Note that the next run of the page that is shown is caused by no new URL."""
    memory: _Memory[Any] | None = st.session_state.get(_CURRENT)
    if memory is not None:
        memory.touched = True


def rerun() -> None:
    """Run the page that is shown again, with the state that it has."""
    touch()
    st.rerun()


def page_link(name: str, label: str, /, **query: str) -> None:
    """Show a link to the page `pages/NAME.py` with these parameters and the present language."""
    parameters = {texts.PARAMETER: texts.language(), **query}
    try:
        # Relative to the entry file, app/main.py.
        st.page_link(
            f"../pages/{name}.py",
            label=label,
            icon=":material/arrow_forward:",
            query_params=parameters,
        )
    except StreamlitPageNotFoundError:
        # A page that is run by itself, as tests do, knows no other page.
        st.markdown(f"[{label}](/{name}?{urlencode(parameters, safe=',')})")


def compare_link(label: str, runs: Sequence[RunRecord], /, **query: str) -> None:
    """Show a link to Compare with these runs."""
    page_link("compare", label, runs=",".join(run.id for run in runs), **query)


def _parameters() -> dict[str, str]:
    """Return the page's parameters, without the language, which is common to all pages, and
    without those that other sites add to links."""
    return {
        name: text
        for name, text in st.query_params.to_dict().items()
        if name != texts.PARAMETER and name not in _TRACKING and not name.startswith("utm_")
    }
