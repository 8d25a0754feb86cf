"""The result that a laboratory's page shows, the buttons beside it, and its viewers.

A result that a page requested by being opened, without a button, is stopped when its last viewer
leaves. A closed browser sends no notice, so that each viewer counts for some seconds only.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from uuid import uuid4

import streamlit as st

from app import services
from app.language.errors import explain
from app.language.progress import duration
from app.language.texts import language, speaker, t
from app.widgets.laboratory.state import LabState
from resnet_core.errors import PlaygroundError
from resnet_core.labs.results import results
from resnet_core.labs.results.request import LabRequest
from resnet_core.labs.results.results import Result
from resnet_core.runs.record import ACTIVE

_EVERY = 3.0  # seconds; the component reports the end of the experiment
_RECENT = 15.0  # seconds; pages that follow a result note it every 3 seconds or more often
_lock = Lock()
_visits: dict[str, dict[str, float]] = {}  # by result, by session: when it was last followed
_unasked: set[str] = set()  # results that were requested without a button


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
    if request and own and not own.recorded:
        return Selection(request.id, own, own=True)
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
        _while_active(request.id)
        return
    run = st.button(
        _label(selection),
        type="primary",
        key="lab.run",
        disabled=request is None,
        help=_cost(recorded) or None,
    )
    if run and request:
        _request(request, begin)
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


def _request(request: LabRequest, begin: Callable[[], None]) -> None:
    try:
        services.submit_lab(request, again=True)
    except PlaygroundError as error:
        st.error(explain(error))
        return
    begin()
    st.rerun()


@st.fragment(run_every=_EVERY)
def _while_active(lab_id: str) -> None:
    """Show the stop button, and keep a supervisor running."""
    note_viewer(lab_id)
    services.ensure_supervisor()
    result = results.find(lab_id)
    if result is None or result.state not in ACTIVE:
        st.rerun()
    if st.button(t("labs.common.stop"), key="lab.stop", icon=":material/stop:"):
        try:
            services.stop_lab(lab_id)
        except PlaygroundError as error:  # it has just ended
            st.error(explain(error))


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
