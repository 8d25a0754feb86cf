"""The state of a laboratory's page: settings, networks, the result that it shows, its viewers.

A result that a page requested by being opened, without a button, is stopped when its last viewer
leaves. A closed browser sends no notice, so that each viewer counts for some seconds only.
"""

from __future__ import annotations

import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any
from uuid import uuid4

import streamlit as st
from pydantic import create_model

from app import services
from app.language.errors import errors_shown
from app.language.texts import language, speaker, t
from app.page_data.runs import duration
from app.page_state.controls import Control, initial_value
from app.page_state.page import page_link, rerun
from app.page_state.query import PageState, to_query
from app.roles import visitor
from app.widgets.runs.picker import unique_labels
from resnet_core.errors import InvalidSetting, PlaygroundError
from resnet_core.labs.catalog import LabSettings, Question
from resnet_core.labs.results import results
from resnet_core.labs.results.request import LabRequest
from resnet_core.labs.results.results import Result
from resnet_core.runs import queries
from resnet_core.runs.record import ACTIVE, RunRecord
from resnet_core.system.texts import Message

_WIDTHS = {"slider": 300, "number": 220}  # pixels
_EVERY = 3.0  # seconds; the component reports the end of the experiment
_RECENT = 15.0  # seconds; pages that follow a result note it every 3 seconds or more often
_lock = Lock()
_visits: dict[str, dict[str, float]] = {}  # by result, by session: when it was last followed
_unasked: set[str] = set()  # results that were requested without a button


class LabState(PageState):
    """The state in the page's URL; see `state_type`.

    Attributes:
        here: show the result of this machine even where there is a recorded one.
    """

    settings: LabSettings = LabSettings()
    runs: tuple[str, ...] = ()
    here: bool = False

    def request(self, question: Question) -> LabRequest:
        """Return the request to the laboratory.

        Raises:
            PlaygroundError: no network is selected, or one cannot be used.
        """
        if question.most_runs and not self.runs:
            raise PlaygroundError.of(Message("labs.common.networks_none"))
        return LabRequest.create(question.name, self.runs, **dict(self.settings))


def state_type(question: Question) -> type[LabState]:
    """Return the state with the laboratory's own settings and defaults."""
    return _state_type(question.settings, question.runs)


@lru_cache(maxsize=64)
def _state_type(settings: type[LabSettings], runs: tuple[str, ...]) -> type[LabState]:
    return create_model(
        "LabState",
        __base__=LabState,
        settings=(settings, settings()),
        runs=(tuple[str, ...], runs),
    )


def with_usable_networks(
    question: Question, state: LabState, query: Mapping[str, str]
) -> tuple[LabState, InvalidSetting | None]:
    """Return the state of a URL with networks that can be used, and the error of the others."""
    if "runs" not in query:
        return state, None
    try:
        return state.changed(runs=LabRequest.create(question.name, state.runs).runs), None
    except PlaygroundError as error:
        refused = InvalidSetting("runs", "labs.refused_networks", reason=error)
        return state.changed(runs=question.runs), refused


def command_line(laboratory: str, runs: Sequence[str], settings: LabSettings) -> str:
    """Return the command that computes a result from a terminal, quoted for its shell."""
    words = ["python", "-m", "resnet_core", "lab", laboratory]
    for run_id in runs:
        words += ["--run", run_id]
    for name, text in to_query(settings).items():
        words += [f"--{name.replace('_', '-')}", text]
    return shlex.join(words)


def setting_label(name: str, field: str) -> str:
    """Return the reader's name for a laboratory's setting, or for its networks."""
    common = {"seed": "labs.common.seed", "runs": "labs.common.networks"}
    return t(common.get(field, f"labs.{name}.setting.{field}"))


def option_label(name: str, field: str, value: Any) -> str:
    """Return the reader's name for one of a setting's values; numbers are their digits."""
    return str(value) if isinstance(value, int) else t(f"labs.{name}.option.{field}.{value}")


def how_to_show(question: Question, field: str) -> dict[str, Any]:
    """Return the arguments of a setting's control: label, help, width and the values' names."""
    control = Control.of(question.settings.model_fields[field])
    how: dict[str, Any] = {
        "label": setting_label(question.name, field),
        "control": control,
        "help": question.help(language(), field),
    }
    if control.options:
        how["format_func"] = lambda value: option_label(question.name, field, value)
    if control.kind in _WIDTHS:
        how["width"] = _WIDTHS[control.kind]
    return how


def networks(
    question: Question,
    selection: Sequence[str],
    key: str,
    on_change: Callable[[], None] | None = None,
) -> tuple[str, ...]:
    """Show the choice of networks; return their ids in the order of choice.

    Args:
        selection: the control's first value.
        key: of the widget; another one after each load.
    """
    runs = candidates(question, selection)
    if not runs:
        st.info(t("labs.common.networks_none"))
        page_link("train", t("labs.common.train"))
        return ()
    labels = unique_labels(runs)
    start = [run_id for run_id in initial_value(key, tuple(selection)) if run_id in labels]
    return tuple(
        st.multiselect(
            t("labs.common.networks"),
            list(labels),
            default=start,
            key=key,
            format_func=lambda run_id: labels[run_id],
            max_selections=question.most_runs,
            placeholder=t("labs.common.networks_hint", n=question.most_runs),
            on_change=on_change,
        )
    )


def candidates(question: Question, selection: Sequence[str]) -> list[RunRecord]:
    """Return the runs with weights that the question accepts, newest first, and those selected."""
    return [
        run
        for run in [*visitor.visible(queries.runs()), *queries.recorded()]
        if run.id in selection or (_has_weights(run) and not question.refuses(run))
    ]


def _has_weights(run: RunRecord) -> bool:
    """Look for a file, which is cheap; its content is verified with the request."""
    folder = queries.folder(run)
    return folder.weights.is_file() or bool(folder.kept_iterations())


@dataclass(frozen=True)
class Selection:
    """The result that is drawn.

    Attributes:
        lab_id: the result's id, "" where there is none.
        own: it was computed here, for exactly this state.
        notice: why it is not the state's: "stale", "missing" or "nothing"; "" where it is.
    """

    lab_id: str
    result: Result | None
    own: bool = False
    notice: str = ""

    @property
    def active(self) -> bool:
        return self.own and self.result is not None and self.result.state in ACTIVE


def select_result(
    name: str, state: LabState, request: LabRequest | None, before: str, arrived: bool
) -> Selection:
    """Choose the result to show: recorded, of this machine, or the one shown before.

    Args:
        request: of the state, None where there is none.
        before: the id of the result shown before, or "".
        arrived: the state has just come from a URL.
    """
    recorded = results.recorded(name)
    same = recorded is not None and is_of(recorded, state)
    if recorded is not None and same and not state.here:
        return Selection(name, recorded)
    own = results.find(request.id) if request else None
    if request and own:
        return Selection(request.id, own, own=not own.recorded)
    if recorded is not None and same:
        return Selection(name, recorded)
    if before and not arrived:
        earlier = recorded if before == name else _readable(before)
        if earlier is not None:
            return Selection(before, earlier, notice="stale")
    if recorded is None:
        return Selection("", None, notice="nothing")
    return Selection(name, recorded, notice="missing" if arrived else "stale")


def is_of(result: Result, state: LabState) -> bool:
    """Compare the result's request with the state."""
    return result.request.settings == state.settings and result.request.runs == state.runs


def _readable(lab_id: str) -> Result | None:
    try:
        return results.find(lab_id)
    except PlaygroundError:
        return None


def actions(
    request: LabRequest | None,
    selection: Selection,
    recorded: Result | None,
    begin: Callable[[], None],
    back: Callable[[], None],
) -> None:
    """Show the buttons.

    Args:
        request: None where the state has none.
        begin: called after the request, before the page runs again.
        back: shows the recorded result.
    """
    if selection.active and request:
        stop_button(request.id, "lab.stop")
        return
    run = st.button(
        _label(selection),
        type="primary",
        key="lab.run",
        disabled=request is None,
        help=_cost(recorded) or None,
    )
    if run and request:
        compute(request, begin)
    if recorded is not None and (selection.own or selection.notice):
        st.button(t("labs.common.show_recorded"), key="lab.recorded", on_click=back)


def _cost(recorded: Result | None) -> str:
    """Return the recorded experiment's time, as an estimate."""
    if recorded is None or not recorded.seconds:
        return ""
    took = duration(recorded.seconds, speaker(language()))
    return t("labs.common.took_recorded", time=took, hardware=recorded.hardware or "?")


def _label(selection: Selection) -> str:
    if not selection.own or selection.result is None:
        return t("labs.common.run")
    return t(
        "labs.common.run_again" if selection.result.state == "finished" else "labs.common.retry"
    )


def compute(request: LabRequest, begin: Callable[[], None] = lambda: None) -> None:
    """Request the computation here, and run the page again to follow it."""
    with errors_shown():
        services.submit_lab(request, again=True)
        begin()
        rerun()


@st.fragment(run_every=_EVERY)
def stop_button(lab_id: str, key: str) -> None:
    """Show the button while the result is computed, and keep a supervisor running."""
    note_viewer(lab_id)
    services.ensure_supervisor()
    result = results.find(lab_id)
    if result is None or result.state not in ACTIVE:
        rerun()
    if st.button(t("labs.common.stop"), key=key, icon=":material/stop:"):
        with errors_shown():  # it may have just ended
            services.stop_lab(lab_id)


def note_viewer(lab_id: str, *, unasked: bool = False) -> None:
    """Note that this session follows the result.

    Args:
        unasked: its computation began because a page showed it.
    """
    now = time.monotonic()
    with _lock:
        for other, sessions in list(_visits.items()):
            if all(now - last > _RECENT for last in sessions.values()):
                del _visits[other]
        _visits.setdefault(lab_id, {})[_session()] = now
        if unasked:
            _unasked.add(lab_id)


def leave(lab_id: str) -> bool:
    """Forget that this session follows the result; return True if it may be stopped now."""
    now = time.monotonic()
    with _lock:
        sessions = _visits.get(lab_id, {})
        sessions.pop(_session(), None)
        watched = any(now - last <= _RECENT for last in sessions.values())
        if watched or lab_id not in _unasked:
            return False
        _unasked.discard(lab_id)
        return True


def _session() -> str:
    session: str = st.session_state.setdefault("viewer", uuid4().hex)
    return session
