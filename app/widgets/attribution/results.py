"""Results that are requested when they are shown, followed while they grow, and checked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pandas as pd
import streamlit as st

from app import services, theme
from app.figures import attribution
from app.language.errors import errors_shown, explain, stored_sentence
from app.language.texts import escaped, language, t
from app.page_state.page import rerun
from app.widgets.attribution.maps import Row, Tile, tiles
from app.widgets.attribution.state import AttributionState
from app.widgets.laboratory.laboratory import lab_figures
from app.widgets.laboratory.state import command_line, leave, note_viewer
from resnet_core.errors import PlaygroundError, ResultNotFound, WrongState
from resnet_core.labs.events import unpack
from resnet_core.labs.results import results
from resnet_core.labs.results.request import LabRequest
from resnet_core.labs.results.results import Result
from resnet_core.runs.record import ACTIVE

_EVERY = 0.4  # seconds, while something is computed
_FOLLOWED = "attribution.followed"  # the result that this visitor's page followed last
Show = Callable[[Result], None]


def ask_and_follow(request: LabRequest, show: Show) -> Result | None:
    """Show the request's result, computed where there is none yet; None where it cannot be.

    A stopped result is requested again: its last viewer had left the page.
    """
    _leave(request.id)
    with errors_shown():
        result = results.find(request.id)
        if result is None or result.state == "stopped":
            services.submit_lab(request, again=result is not None)
            note_viewer(request.id, unasked=True)
            result = results.find(request.id)
        return follow(result, show) if result is not None else None
    return None


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
    """Show a result; while it grows, show it repeatedly without running the page."""
    if result.state in ACTIVE:
        _while_active(result.id, show)
        return result
    with st.container():  # as a fragment has one: what is shown already stays in its place
        show(result)
    if result.state in {"failed", "interrupted"}:
        st.warning(escaped(stored_sentence(result.exit_reason, language())))
        if st.button(t("labs.common.retry"), key=f"attribution.retry.{result.id}"):
            compute_again(result.request)
    return result


def compute_again(request: LabRequest) -> None:
    """Request the computation here, and run the page again to follow it."""
    with errors_shown():
        services.submit_lab(request, again=True)
        rerun()


def figures(request: LabRequest, result: Result | None, key: str, *, notice: str = "") -> None:
    """Show the verdict, the paper's statement, the figures and the numbers' source."""
    name = request.laboratory
    lab_figures(
        request.id if result is not None else "",
        t(f"labs.{name}.paper"),
        key,
        active=result is not None and result.state in ACTIVE,
        notice=notice,
    )


@st.fragment(run_every=_EVERY)
def _while_active(lab_id: str, show: Show) -> None:
    """Show the result as it grows; a supervisor that died is started again."""
    note_viewer(lab_id)
    services.ensure_supervisor()
    result = results.find(lab_id)
    if result is not None and result.state in ACTIVE:
        show(result)
    else:
        rerun()


def checks(state: AttributionState) -> None:
    """Show both checks, each with its result or a button that requests it."""
    st.markdown(t("attribution.faithful"))
    _check("masks", state)
    result = _check("randomised", state, picture=state.settings.picture)
    if result is not None:
        strip(result)


def _check(name: str, state: AttributionState, **settings: str) -> Result | None:
    """Show one laboratory and return its result so far."""
    st.subheader(t(f"labs.{name}.title"))
    st.markdown(t(f"labs.{name}.lead"))
    try:
        request = state.request_for(name, **settings)
        result = results.find(request.id)
    except PlaygroundError as error:
        st.info(escaped(explain(error)))
        return None
    if result is None or result.state not in ACTIVE:
        _button(name, request, result)
    else:
        _stop(name, result.id)
    figures(
        request,
        result,
        f"attribution.{name}",
        notice="" if result else t("attribution.not_asked"),
    )
    st.code(command_line(name, request.runs, request.settings), language="bash", wrap_lines=True)
    return result


def _button(name: str, request: LabRequest, result: Result | None) -> None:
    label = t("labs.common.run_again" if result and not result.recorded else "labs.common.run")
    if st.button(label, key=f"attribution.{name}.run", type="secondary" if result else "primary"):
        compute_again(request)


@st.fragment(run_every=3.0)
def _stop(name: str, lab_id: str) -> None:
    services.ensure_supervisor()
    result = results.find(lab_id)
    if result is None or result.state not in ACTIVE:
        rerun()
    if st.button(t("labs.common.stop"), key=f"attribution.{name}.stop", icon=":material/stop:"):
        with errors_shown():  # it may have just ended
            services.stop_lab(lab_id)


def strip(result: Result) -> None:
    """Show the picture's maps while weights become random, a row for each network and method."""
    drawn: pd.DataFrame | None = result.tables.get("maps")
    if drawn is None:
        return
    dark = theme.is_dark()
    with st.expander(t("attribution.strip"), expanded=True):
        rows = []
        for (label, method), part in drawn.groupby(["label", "method"], sort=False):
            records = part.to_dict("records")
            each = tuple(
                Tile(
                    attribution.map_address(unpack(row), dark),
                    "",
                    (row["layer"] or t("attribution.whole"),),
                )
                for row in records
            )
            colour = theme.colour(str(records[0]["family"]), int(records[0]["depth"]), dark)
            heading = f"{label} · {t(f'attribution.method.{method}')}"
            rows.append(Row(heading, each, colour, size="small"))
        tiles(rows)
