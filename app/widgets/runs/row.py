"""One run in a list: its name, progress and actions."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from app import services
from app.figures.labels import network_label
from app.language.errors import explain, stored_sentence
from app.language.texts import escaped, language, t
from app.page_data.runs import RunsState, damage_of, duration, source_of
from app.page_state.page import Page
from resnet_core.errors import PlaygroundError
from resnet_core.runs import record
from resnet_core.runs.record import RunRecord, State

Action = Literal[
    "pause", "resume", "stop", "stop_now", "first", "up", "down", "retry", "fork", "delete"
]


@dataclass(frozen=True)
class Offer:
    """An action as it is offered.

    Attributes:
        command: the queue's, which decides in which states the action is allowed.
        perform: None for an action that a dialog of the page confirms first.
    """

    icon: str
    command: record.Action
    perform: Callable[[RunRecord], object] | None = None


# In the order in which they are offered: the first stands alone, the rest in a menu.
OFFERS: Mapping[Action, Offer] = {
    "pause": Offer("pause", "pause", lambda run: services.pause(run.id)),
    "resume": Offer("play_arrow", "resume", lambda run: services.resume(run.id)),
    "first": Offer("vertical_align_top", "move", lambda run: services.move(run.id, 1)),
    "up": Offer("arrow_upward", "move", lambda run: _move(run, -1)),
    "down": Offer("arrow_downward", "move", lambda run: _move(run, 1)),
    "stop": Offer("stop", "stop", lambda run: services.stop(run.id)),
    "stop_now": Offer("dangerous", "stop", lambda run: services.stop(run.id, now=True)),
    "fork": Offer("fork_right", "fork"),
    "retry": Offer("restart_alt", "retry", lambda run: services.retry(run.id)),
    "delete": Offer("delete", "delete"),
}
# Session state: the dialog that is open and its run, the outcome of the last action.
DIALOG, OUTCOME = "runs.dialog", "runs.outcome"

# Icon and colour; the word is always there as well.
CHIPS: Mapping[State, tuple[str, str]] = {
    "queued": (":material/schedule:", "gray"),
    "running": (":material/directions_run:", "blue"),
    "paused": (":material/pause_circle:", "orange"),
    "finished": (":material/check_circle:", "green"),
    "stopped": (":material/stop_circle:", "gray"),
    "failed": (":material/error:", "red"),
    "diverged": (":material/trending_up:", "violet"),
    "interrupted": (":material/power_off:", "red"),
    "imported": (":material/file_open:", "primary"),
}
# States whose end needs a sentence; the progress shows the others'.
_EXPLAINED: frozenset[State] = frozenset({"failed", "diverged", "interrupted"})


@dataclass(frozen=True)
class Outcome:
    """The result of an action, shown at its run until the next one."""

    run_id: str
    sentence: str
    success: bool


def run_row(page: Page[RunsState], run: RunRecord, queued: int) -> None:
    """Show the run; `queued` is how many wait altogether."""
    what, actions = st.columns([5, 3], vertical_alignment="center")
    with what, st.container(gap="xxsmall"):
        # As few elements as will do: a browser takes a millisecond or more to build each.
        st.markdown(f"{_chip(run)}\u2002**{escaped(run.title)}**")
        outcome = _outcome(run)
        st.caption(f"{_described(run)}  \n{outcome}" if outcome else _described(run))
        if not outcome:
            _progress(run)
        _troubles(run)
    with actions:
        _buttons(page, run, queued)


def allowed(run: RunRecord, queued: int) -> tuple[Action, ...]:
    """Return the actions that make sense now; there are `queued` runs in the queue."""
    if run.recorded:
        return ()
    pointless: set[Action] = set()
    if run.position <= 1:
        pointless |= {"first", "up"}
    if run.position >= queued:
        pointless.add("down")
    if run.request is not None:
        pointless |= {"pause", "stop"} if run.request == "stop" else {"pause"}
    if run.state != "running":
        pointless.add("stop_now")
    if run.state == "queued":  # most queued runs have no checkpoint yet
        pointless.add("fork")
    return tuple(
        action
        for action, offer in OFFERS.items()
        if run.state in record.ALLOWED[offer.command] and action not in pointless
    )


def perform(action: Action, run: RunRecord) -> None:
    """Do it, or open the dialog that confirms it; to be called in a widget's callback.

    Another tab may have changed the run meanwhile; then its error is shown.
    """
    command = OFFERS[action].perform
    if command is None:
        st.session_state[DIALOG] = (action, run.id)
        return
    try:
        command(run)
    except PlaygroundError as error:
        report(run.id, explain(error), success=False)
    else:
        report(run.id, t(f"runs.did.{action}"), success=True)


def report(run_id: str, sentence: str, success: bool) -> None:
    st.session_state[OUTCOME] = Outcome(run_id, sentence, success)


def failure_of_missing(records: Sequence[RunRecord]) -> Outcome | None:
    """Return the failure of the last action if its run is no longer there to show it."""
    outcome: Outcome | None = st.session_state.get(OUTCOME)
    if outcome is None or outcome.success or any(run.id == outcome.run_id for run in records):
        return None
    return outcome


def _move(run: RunRecord, places: int) -> None:
    services.move(run.id, max(1, int(run.position) + places))


def _chip(run: RunRecord) -> str:
    """Return the state as icon, word and colour."""
    icon, colour = CHIPS[run.state]
    word = t(f"common.state.{run.state}")
    if run.state == "running" and run.request is not None:
        word = t(f"runs.request.{run.request}")
    elif run.state == "queued":
        word = t("runs.place", place=f"{run.position:.0f}")
    return f":{colour}-badge[{icon} {word}]"


def _described(run: RunRecord) -> str:
    """Return network, data, length, seed and age."""
    experiment = run.experiment
    network = network_label(experiment.network)
    if experiment.network_spec().has_shortcuts:
        network += f" {experiment.shortcut}"
    if run.imported:
        source = source_of(run)
        origin = [t("import.from", file=escaped(source.file))] if source else []
        return " · ".join([network, *origin, _ago(run)])
    parts = [
        network,
        escaped(run.data_title or experiment.data),
        t("runs.iterations", count=f"{experiment.iterations:,}"),
        t("runs.seed", seed=experiment.seed),
        _ago(run),
    ]
    if run.parent:
        parts.append(t("runs.forked", parent=run.parent, iteration=f"{run.parent_iteration:,}"))
    return " · ".join(parts)


def _ago(run: RunRecord) -> str:
    return t("runs.ago", time=duration(max(0.0, time.time() - run.created), t))


def _outcome(run: RunRecord) -> str:
    """Return the result of a complete run."""
    if run.state != "finished":
        return imported_result(run) if run.imported else ""
    took = t("runs.took", time=duration(run.seconds, t))
    return " · ".join([*_errors(run, "train", "test"), took])


def _progress(run: RunRecord) -> None:
    """Show how far the run is, or came."""
    total = run.experiment.iterations
    if run.iteration or run.state == "running":
        text = t("runs.progress", done=f"{run.iteration:,}", total=f"{total:,}")
        st.progress(min(1.0, run.iteration / total), text=" · ".join([text, *_rate(run)]))


def _rate(run: RunRecord) -> list[str]:
    parts = []
    if run.state == "running" and run.images_per_second:
        parts.append(t("charts.status.rate", n=f"{run.images_per_second:,.0f}"))
    if run.seconds_left is not None:
        parts.append(t("charts.status.left", time=duration(run.seconds_left, t)))
    if run.train_error is not None:
        parts.append(t("runs.evaluated", error=f"{run.train_error:.1f}"))
    return parts


def _errors(run: RunRecord, *names: str) -> list[str]:
    """Return those of the errors that were measured, in words."""
    values = {name: getattr(run, f"{name}_error") for name in names}
    return [
        t(f"runs.{name}_error", error=f"{value:.1f}")
        for name, value in values.items()
        if value is not None
    ]


def imported_result(run: RunRecord) -> str:
    """Return an imported network's error, its data and the number of images."""
    source = source_of(run)
    return t(
        "import.result",
        error=f"{run.test_error:.2f}",
        data=escaped(run.data_title),
        n=f"{source.images:,}" if source else "?",
    )


def _troubles(run: RunRecord) -> None:
    """Show how its data were read, why it ended, what is wrong with its files, and the last
    action's result."""
    damage = damage_of(run)
    if damage:
        st.markdown(f":material/error: :red[{t(f'runs.damage.{damage}')}]")
    if run.data_reading:
        st.caption(escaped(stored_sentence(run.data_reading, language())))
    if run.exit_reason and run.state in _EXPLAINED:
        st.caption(escaped(stored_sentence(run.exit_reason, language())))
    source = source_of(run)
    if source is not None and source.warning:
        warning = escaped(stored_sentence(source.warning, language()))
        st.caption(f":material/warning: {warning}")
    outcome: Outcome | None = st.session_state.get(OUTCOME)
    if outcome is not None and outcome.run_id == run.id:
        sentence = escaped(outcome.sentence)
        good = f":material/check: {sentence}"
        st.markdown(good if outcome.success else f":material/error: :red[{sentence}]")


def _buttons(page: Page[RunsState], run: RunRecord, queued: int) -> None:
    possible = allowed(run, queued)
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        if possible:
            first, *rest = possible
            st.button(
                t(f"runs.action.{first}"),
                key=f"runs.first.{run.id}",
                icon=f":material/{OFFERS[first].icon}:",
                on_click=perform,
                args=(first, run),
            )
            _menu(run, rest)
        is_open = page.state.run == run.id
        st.button(
            t("runs.close") if is_open else t("runs.open"),
            key=f"runs.open.{run.id}",
            icon=":material/expand_less:" if is_open else ":material/expand_more:",
            on_click=lambda: page.change(run="" if page.state.run == run.id else run.id),
        )


def _menu(run: RunRecord, actions: list[Action]) -> None:
    if not actions:
        return
    key = f"runs.menu.{run.id}"
    st.menu_button(
        t("runs.more"),
        actions,
        key=key,
        format_func=lambda action: f":material/{OFFERS[action].icon}: {t(f'runs.action.{action}')}",
        on_click=lambda: perform(st.session_state[key], run),
    )
