"""Are the maps faithful? Scores against the truth over many images, and the randomisation check."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from app import services, theme
from app.figures import attribution
from app.language.errors import explain
from app.language.markdown import escaped
from app.language.texts import t
from app.widgets.attribution.desk import Desk
from app.widgets.attribution.following import anew, figures
from app.widgets.attribution.tiles import Row, Tile, tiles
from app.widgets.laboratory.state import command_line
from resnet_core.errors import PlaygroundError
from resnet_core.labs.results.request import Order
from resnet_core.labs.results.results import Result
from resnet_core.labs.tools.columns import unpack


def checks(desk: Desk) -> None:
    """Show both, each with what is there already and a button for what is not."""
    st.markdown(t("attribution.faithful"))
    _check("masks", desk)
    result = _check("randomised", desk, picture=desk.settings.picture)
    if result is not None:
        strip(result)


def _check(name: str, desk: Desk, **given: str) -> Result | None:
    """One laboratory; its result so far."""
    st.subheader(t(f"labs.{name}.title"))
    st.markdown(t(f"labs.{name}.lead"))
    try:
        order = desk.order(name, **given)
        result = services.lab_result(order.id)
    except PlaygroundError as error:
        st.info(escaped(explain(error)))
        return None
    if result is None or result.state not in services.LAB_ACTIVE:
        _button(name, order, result)
    else:
        _stop(name, result.id)
    figures(
        order,
        result,
        f"attribution.{name}",
        notice="" if result else t("attribution.not_asked"),
    )
    st.code(command_line(name, order.runs, order.settings), language="bash", wrap_lines=True)
    return result


def _button(name: str, order: Order, result: Result | None) -> None:
    label = t("labs.common.run_again" if result and not result.recorded else "labs.common.run")
    if st.button(label, key=f"attribution.{name}.run", type="secondary" if result else "primary"):
        anew(order)


@st.fragment(run_every=3.0)
def _stop(name: str, lab_id: str) -> None:
    services.ensure_supervisor()
    result = services.lab_result(lab_id)
    if result is None or result.state not in services.LAB_ACTIVE:
        st.rerun()
    if st.button(t("labs.common.stop"), key=f"attribution.{name}.stop", icon=":material/stop:"):
        try:
            services.stop_lab(lab_id)
        except PlaygroundError as error:  # it has just ended
            st.error(escaped(explain(error)))


def strip(result: Result) -> None:
    """The picture's maps while the network is forgotten, a row a network and method."""
    drawn: pd.DataFrame | None = result.tables.get("maps")
    if drawn is None:
        return
    dark = theme.is_dark()
    with st.expander(t("attribution.strip"), expanded=True):
        rows = []
        for (label, method), part in drawn.groupby(["label", "method"], sort=False):
            shown = part.to_dict("records")
            each = tuple(
                Tile(
                    attribution.map_address(unpack(row), dark),
                    "",
                    (row["layer"] or t("attribution.whole"),),
                )
                for row in shown
            )
            colour = theme.colour(str(shown[0]["family"]), int(shown[0]["depth"]), dark)
            heading = f"{label} · {t(f'attribution.method.{method}')}"
            rows.append(Row(heading, each, colour, size="small"))
        tiles(rows)
