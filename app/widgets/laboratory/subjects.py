"""Which trained networks a laboratory looks at: those it accepts, own and recorded."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from app.language.texts import language, t
from app.page_state.initial_value import start_of
from app.page_state.links import page_link
from app.widgets.runs.picker import unique_labels
from resnet_core.labs.question import Question
from resnet_core.runs import queries
from resnet_core.runs.record import RunRecord


def subjects(question: Question, chosen: Sequence[str], key: str) -> tuple[str, ...]:
    """Let people choose networks; the ids in their order.

    Args:
        chosen: what the control begins with.
        key: of the widget; another one after each load.
    """
    runs = candidates(question, chosen)
    if not runs:
        st.info(t("labs.common.networks_none"))
        page_link("train", t("labs.common.train"))
        return ()
    named = unique_labels(runs)
    key = f"{key}.{language()}.runs"
    start = [run_id for run_id in start_of(key, tuple(chosen)) if run_id in named]
    return tuple(
        st.multiselect(
            t("labs.common.networks"),
            list(named),
            default=start,
            key=key,
            format_func=lambda run_id: named[run_id],
            max_selections=question.most_runs,
            placeholder=t("labs.common.networks_hint", n=question.most_runs),
        )
    )


def candidates(question: Question, chosen: Sequence[str]) -> list[RunRecord]:
    """The runs that have weights and that the question can be asked of, newest first; those
    that are chosen already in any case."""
    return [
        run
        for run in [*queries.runs(), *queries.recorded()]
        if run.id in chosen or (_has_weights(run) and not question.refuses(run))
    ]


def _has_weights(run: RunRecord) -> bool:
    """Cheap: whether there is a file; whether it is whole shows when it is asked for."""
    folder = queries.folder(run)
    return folder.weights.is_file() or bool(folder.kept_iterations())
