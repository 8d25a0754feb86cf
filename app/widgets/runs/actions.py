"""What a run can be told in its state, and telling it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from app import services
from app.language.errors import explain
from app.language.texts import t
from resnet_core.errors import PlaygroundError
from resnet_core.runs.record import RunRecord, State

Action = Literal[
    "pause", "resume", "stop", "stop_now", "first", "up", "down", "retry", "fork", "delete"
]

# The first is the one that most people want then; the rest stand in a menu.
BY_STATE: Mapping[State, tuple[Action, ...]] = {
    "queued": ("pause", "first", "up", "down", "stop", "delete"),
    "running": ("pause", "stop", "stop_now", "fork"),
    "paused": ("resume", "fork", "retry", "stop", "delete"),
    "stopped": ("resume", "fork", "retry", "delete"),
    "failed": ("resume", "fork", "retry", "delete"),
    "interrupted": ("resume", "fork", "retry", "delete"),
    "finished": ("fork", "retry", "delete"),
    "diverged": ("fork", "retry", "delete"),
    "imported": ("delete",),
}
ICONS: Mapping[Action, str] = {
    "pause": ":material/pause:",
    "resume": ":material/play_arrow:",
    "stop": ":material/stop:",
    "stop_now": ":material/dangerous:",
    "first": ":material/vertical_align_top:",
    "up": ":material/arrow_upward:",
    "down": ":material/arrow_downward:",
    "retry": ":material/restart_alt:",
    "fork": ":material/fork_right:",
    "delete": ":material/delete:",
}
# These ask back first, in a dialog of the page.
ASK_BACK: frozenset[Action] = frozenset({"fork", "delete"})
ASKED, SAID = "runs.asked", "runs.said"


@dataclass(frozen=True)
class Said:
    """What came of an action, shown at its run until the next one."""

    run_id: str
    sentence: str
    went_well: bool


def allowed(run: RunRecord, queued: int) -> tuple[Action, ...]:
    """What the run can be told now; there are `queued` runs in the queue."""
    if run.recorded:
        return ()
    pointless: set[Action] = set()
    if run.position <= 1:
        pointless |= {"first", "up"}
    if run.position >= queued:
        pointless.add("down")
    if run.request is not None:
        pointless |= {"pause", "stop"} if run.request == "stop" else {"pause"}
    return tuple(action for action in BY_STATE[run.state] if action not in pointless)


def tell(action: Action, run: RunRecord) -> None:
    """Do it, or have the page ask back; to be called in a widget's callback.

    Another tab may have told the run something else meanwhile; then a sentence says so.
    """
    if action in ASK_BACK:
        st.session_state[ASKED] = (action, run.id)
        return
    try:
        _COMMANDS[action](run)
    except PlaygroundError as error:
        say(run.id, explain(error), went_well=False)
    else:
        say(run.id, t(f"runs.did.{action}"), went_well=True)


def say(run_id: str, sentence: str, went_well: bool) -> None:
    st.session_state[SAID] = Said(run_id, sentence, went_well)


def said_of(run_id: str) -> Said | None:
    """What came of the last action, if it was this run's."""
    said: Said | None = st.session_state.get(SAID)
    return said if said is not None and said.run_id == run_id else None


def said_of_missing(records: Sequence[RunRecord]) -> Said | None:
    """What went wrong with the last action, if its run is no longer there to say so."""
    said: Said | None = st.session_state.get(SAID)
    if said is None or said.went_well or any(run.id == said.run_id for run in records):
        return None
    return said


_COMMANDS: Mapping[Action, Callable[[RunRecord], None]] = {
    "pause": lambda run: services.pause(run.id),
    "resume": lambda run: services.resume(run.id),
    "stop": lambda run: services.stop(run.id),
    "stop_now": lambda run: services.stop(run.id, now=True),
    "first": lambda run: services.move(run.id, 1),
    "up": lambda run: services.move(run.id, max(1, int(run.position) - 1)),
    "down": lambda run: services.move(run.id, int(run.position) + 1),
    "retry": lambda run: services.retry(run.id),
}
