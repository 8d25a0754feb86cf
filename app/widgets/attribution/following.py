"""A result that is asked for when it is not there yet, and followed while it grows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import streamlit as st

from app import services
from app.language.errors import explain, translated
from app.language.markdown import escaped
from app.language.texts import language, t
from app.widgets.laboratory.lab_figures import lab_figures
from app.widgets.laboratory.result import leave, note_viewer
from resnet_core.errors import PlaygroundError, ResultNotFound, WrongState
from resnet_core.labs.results.request import Order
from resnet_core.labs.results.results import Result

_EVERY = 0.4  # seconds, while something is computed
_FOLLOWED = "attribution.followed"  # the result that this visitor's page followed last
Show = Callable[[Result], None]


def ask_and_follow(order: Order, show: Show) -> Result | None:
    """Show the order's result, computed where there is none yet; None where it cannot be.

    One that was stopped is asked for again: somebody looked at something else meanwhile.
    """
    _leave(order.id)
    try:
        result = services.lab_result(order.id)
        if result is None or result.state == "stopped":
            services.ask(order, anew=result is not None)
            note_viewer(order.id, unasked=True)
            result = services.lab_result(order.id)
    except PlaygroundError as error:
        st.error(escaped(explain(error)))
        return None
    return follow(result, show) if result is not None else None


def _leave(lab_id: str) -> None:
    """Stop the result that this visitor followed before, unless another one follows it.

    The new result would otherwise wait in the queue until the old one has ended.
    """
    before = st.session_state.get(_FOLLOWED)
    st.session_state[_FOLLOWED] = lab_id
    if before is not None and before != lab_id and leave(before):
        with suppress(WrongState, ResultNotFound):  # it has ended, or is gone
            services.stop_lab(before)


def follow(result: Result, show: Show) -> Result:
    """Show a result as far as it is; while it grows, again and again without the page."""
    if result.state in services.LAB_ACTIVE:
        _while_active(result.id, show)
        return result
    with st.container():  # as a fragment has one: what is shown already stays in its place
        show(result)
    if result.state == "failed":
        st.warning(escaped(translated(result.reason, language())))
        if st.button(t("labs.common.retry"), key=f"attribution.retry.{result.id}"):
            anew(result.order)
    return result


def anew(order: Order) -> None:
    """Have it computed here, and run the page again to follow it."""
    try:
        services.ask(order, anew=True)
    except PlaygroundError as error:
        st.error(escaped(explain(error)))
        return
    st.rerun()


def figures(order: Order, result: Result | None, key: str, *, notice: str = "") -> None:
    """The verdict, the paper's, the figures and where the numbers come from."""
    name = order.laboratory
    lab_figures(
        order.id if result is not None else "",
        t(f"labs.{name}.paper"),
        key,
        active=result is not None and result.state in services.LAB_ACTIVE,
        notice=notice,
    )


@st.fragment(run_every=_EVERY)
def _while_active(lab_id: str, show: Show) -> None:
    """Show the result as it grows; a supervisor that died is started again."""
    note_viewer(lab_id)
    services.ensure_supervisor()
    result = services.lab_result(lab_id)
    if result is not None and result.state in services.LAB_ACTIVE:
        show(result)
    else:
        st.rerun()
