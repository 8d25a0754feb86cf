"""One run in a list: what it is, how far it is, what it can be told."""

from __future__ import annotations

import time

import streamlit as st

from app import services
from app.language import progress
from app.language.errors import translated
from app.figures.labels import network_label
from app.language.texts import language, t
from app.language.markdown import escaped
from app.widgets.runs.actions import ICONS, Action, allowed, said_of, tell
from resnet_core.runs.record import RunRecord, State

# Icon and colour; the word is always there as well.
CHIPS: dict[State, tuple[str, str]] = {
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
# Whose end needs a sentence; how far the others came is said by their progress.
_EXPLAINED: frozenset[State] = frozenset({"failed", "diverged", "interrupted"})
OPENED = "runs.opened"  # id of the run whose details are shown


def run_row(run: RunRecord, queued: int) -> None:
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
        _buttons(run, queued)


def _chip(run: RunRecord) -> str:
    """The state, by icon, word and colour."""
    icon, colour = CHIPS[run.state]
    word = t(f"common.state.{run.state}")
    if run.state == "running" and run.request is not None:
        word = t(f"runs.asked.{run.request}")
    elif run.state == "queued":
        word = t("runs.place", place=f"{run.position:.0f}")
    return f":{colour}-badge[{icon} {word}]"


def _described(run: RunRecord) -> str:
    """Network, data, length, seed, age."""
    experiment = run.experiment
    network = network_label(experiment.network)
    if experiment.network_spec().has_shortcuts:
        network += f" {experiment.shortcut}"
    if run.imported:
        return " · ".join([network, *_origin(run), _ago(run)])
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
    return t("runs.ago", time=progress.duration(max(0.0, time.time() - run.created), t))


def _origin(run: RunRecord) -> list[str]:
    """Of weights that were trained elsewhere: their file."""
    source = services.source(run)
    return [t("import.from", file=escaped(source.file))] if source else []


def _outcome(run: RunRecord) -> str:
    """What came of a run that is complete."""
    if run.state == "finished":
        return _result(run)
    return imported_result(run) if run.imported else ""


def _progress(run: RunRecord) -> None:
    """How far it is, or came."""
    total = run.experiment.iterations
    if run.iteration or run.state == "running":
        text = t("runs.progress", done=f"{run.iteration:,}", total=f"{total:,}")
        st.progress(min(1.0, run.iteration / total), text=" · ".join([text, *_rate(run)]))


def _rate(run: RunRecord) -> list[str]:
    parts = []
    if run.state == "running" and run.images_per_second:
        parts.append(t("charts.status.rate", n=f"{run.images_per_second:,.0f}"))
    if run.seconds_left is not None:
        parts.append(t("charts.status.left", time=progress.duration(run.seconds_left, t)))
    if run.train_error is not None:
        parts.append(t("runs.train_error", error=f"{run.train_error:.1f}"))
    return parts


def _result(run: RunRecord) -> str:
    parts = []
    if run.train_error is not None:
        parts.append(t("runs.train_error", error=f"{run.train_error:.1f}"))
    if run.test_error is not None:
        parts.append(t("runs.test_error", error=f"{run.test_error:.1f}"))
    parts.append(t("runs.took", time=progress.duration(run.seconds, t)))
    return " · ".join(parts)


def imported_result(run: RunRecord) -> str:
    """Its measured error, on what, of how many."""
    source = services.source(run)
    return t(
        "import.result",
        error=f"{run.test_error:.2f}",
        data=escaped(run.data_title),
        n=f"{source.images:,}" if source else "?",
    )


def _troubles(run: RunRecord) -> None:
    """Why it ended, what is wrong with its files, what came of the last action."""
    damage = services.damage(run)
    if damage:
        st.markdown(f":material/error: :red[{t(f'runs.damage.{damage}')}]")
    if run.exit_reason and run.state in _EXPLAINED:
        st.caption(escaped(translated(run.exit_reason, language())))
    source = services.source(run)
    if source is not None and source.warning:
        warning = escaped(translated(source.warning, language()))
        st.caption(f":material/warning: {warning}")
    said = said_of(run.id)
    if said is not None:
        sentence = escaped(said.sentence)
        icon = ":material/check:" if said.went_well else ":material/error:"
        st.markdown(f"{icon} {sentence}" if said.went_well else f"{icon} :red[{sentence}]")


def _buttons(run: RunRecord, queued: int) -> None:
    possible = allowed(run, queued)
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        if possible:
            first, *rest = possible
            st.button(
                t(f"runs.action.{first}"),
                key=f"runs.first.{run.id}",
                icon=ICONS[first],
                on_click=tell,
                args=(first, run),
            )
            _menu(run, rest)
        is_open = st.session_state.get(OPENED) == run.id
        st.button(
            t("runs.close") if is_open else t("runs.open"),
            key=f"runs.open.{run.id}",
            icon=":material/expand_less:" if is_open else ":material/expand_more:",
            on_click=_toggle,
            args=(run.id,),
        )


def _menu(run: RunRecord, actions: list[Action]) -> None:
    if not actions:
        return
    key = f"runs.menu.{run.id}"
    st.menu_button(
        t("runs.more"),
        actions,
        key=key,
        format_func=lambda action: f"{ICONS[action]} {t(f'runs.action.{action}')}",
        on_click=lambda: tell(st.session_state[key], run),
    )


def _toggle(run_id: str) -> None:
    st.session_state[OPENED] = None if st.session_state.get(OPENED) == run_id else run_id
