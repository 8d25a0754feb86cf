"""Run, stop, try again: what can be done with a laboratory at this moment."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from app import services
from app.language.errors import explain
from app.language.progress import duration
from app.language.texts import language, speaker, t
from app.widgets.laboratory.shown import Shown
from app.widgets.laboratory.viewers import note_viewer
from resnet_core.errors import PlaygroundError
from resnet_core.labs.results.request import LabRequest
from resnet_core.labs.results.results import Result
from resnet_core.runs.record import ACTIVE

_EVERY = 3.0  # seconds; the component itself says when the experiment has ended


def actions(
    order: LabRequest | None,
    shown: Shown,
    recorded: Result | None,
    begun: Callable[[], None],
    back: Callable[[], None],
) -> None:
    """Show the buttons.

    Args:
        order: what would be asked; None where the bench does not allow it.
        begun: called once the laboratory has been asked, before the page is run again.
        back: goes back to the recorded result.
    """
    if shown.active and order:
        _while_active(order.id)
        return
    run = st.button(
        _label(shown),
        type="primary",
        key="lab.run",
        disabled=order is None,
        help=_cost(recorded) or None,
    )
    if run and order:
        _ask(order, begun)
    if recorded is not None and (shown.own or shown.notice):
        st.button(t("labs.common.show_recorded"), key="lab.recorded", on_click=back)


def _cost(recorded: Result | None) -> str:
    """What to expect, from the recorded experiment."""
    if recorded is None or not recorded.seconds:
        return ""
    took = duration(recorded.seconds, speaker(language()))
    return t("labs.common.took_recorded", time=took, hardware=recorded.hardware or "?")


def _label(shown: Shown) -> str:
    if not shown.own or shown.result is None:
        return t("labs.common.run")
    return t("labs.common.run_again" if shown.result.state == "finished" else "labs.common.retry")


def _ask(order: LabRequest, begun: Callable[[], None]) -> None:
    try:
        services.ask(order, anew=True)
    except PlaygroundError as error:
        st.error(explain(error))
        return
    begun()
    st.rerun()


@st.fragment(run_every=_EVERY)
def _while_active(lab_id: str) -> None:
    """Stop; and should whoever runs it have been killed, it waits no longer."""
    note_viewer(lab_id)
    services.ensure_supervisor()
    result = services.lab_result(lab_id)
    if result is None or result.state not in ACTIVE:
        st.rerun()
    if st.button(t("labs.common.stop"), key="lab.stop", icon=":material/stop:"):
        try:
            services.stop_lab(lab_id)
        except PlaygroundError as error:  # it has just ended
            st.error(explain(error))
