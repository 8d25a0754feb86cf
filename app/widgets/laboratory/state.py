"""The state of a laboratory's page: its settings and networks, and the controls for these."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import streamlit as st
from pydantic import create_model

from app.language.texts import language, t
from app.page_state.controls import Control, initial_value
from app.page_state.page import page_link
from app.page_state.query import PageState, to_query
from app.widgets.runs.picker import unique_labels
from resnet_core.errors import InvalidSetting, PlaygroundError
from resnet_core.labs.catalog import LabSettings, Question
from resnet_core.labs.results.request import LabRequest
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord
from resnet_core.system.texts import Message

_WIDTHS = {"slider": 300, "number": 220}  # pixels


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
        for run in [*queries.runs(), *queries.recorded()]
        if run.id in selection or (_has_weights(run) and not question.refuses(run))
    ]


def _has_weights(run: RunRecord) -> bool:
    """Look for a file, which is cheap; its content is verified with the request."""
    folder = queries.folder(run)
    return folder.weights.is_file() or bool(folder.kept_iterations())
