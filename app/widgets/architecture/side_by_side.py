"""The networks drawn beside each other at one scale; blocks that are clicked are taken apart."""

from __future__ import annotations

import streamlit as st

from app import theme
from app.language.texts import t
from app.page_state.page import rerun
from app.widgets.architecture.block_card import block_card
from app.widgets.architecture.state import ArchitecturePage, described, token
from app.widgets.experiment_form.cost import short
from app.widgets.network_drawing.layout import Scale, common_scale
from app.widgets.network_drawing.network_drawing import Clicked, legend, standing_drawing
from app.widgets.network_drawing.svg import BREADTH
from resnet_core.anatomy.describe import describe
from resnet_core.anatomy.facts import Anatomy

_DETAILS = "architecture-details"
# The chosen blocks stay in sight at the page's foot while the drawings scroll behind them.
_STYLE = """<style>
[data-testid="stLayoutWrapper"]:has(> .st-key-architecture-details) {
  position: sticky; bottom: 0; z-index: 90; }
.st-key-architecture-details { background: %s; padding: 0.8rem 0 1rem;
  border-top: 1px solid color-mix(in srgb, currentColor 25%%, transparent);
  max-height: min(46vh, 30rem); overflow-y: auto; }
</style>"""


def side_by_side(page: ArchitecturePage) -> None:
    """Draw the chosen networks, and below them the blocks that are chosen in them."""
    anatomies = [describe(spec) for spec in page.state.networks]
    scale = _scale(anatomies)
    st.caption(t("architecture.scale.common" if scale else "architecture.scale.own"))
    clicked = []
    for place, column in enumerate(st.columns(len(anatomies), gap="medium")):
        with column:
            clicked.append(_drawn(page, place, anatomies[place], scale))
    page.change(blocks=tuple(one.block or "" for one in clicked))
    _fold(page, clicked)
    _details(page, anatomies)


def _scale(anatomies: list[Anatomy]) -> Scale | None:
    """Return a scale for all, or None where the sizes of their images differ."""
    sizes = {anatomy.spec.image_size for anatomy in anatomies}
    return common_scale(anatomies, BREADTH) if len(sizes) == 1 else None


def _drawn(page: ArchitecturePage, place: int, anatomy: Anatomy, scale: Scale | None) -> Clicked:
    state = page.state
    spec = anatomy.spec
    st.markdown(f"#### {described(spec)}")
    totals = t(
        "architecture.totals",
        layers=anatomy.weighted_layers,
        parameters=short(anatomy.parameters),
        multiply_adds=short(anatomy.multiply_adds),
    )
    st.markdown(f":small[{totals}]")
    clicked = standing_drawing(
        anatomy,
        page.key(f"drawing.{place}.{token(spec)}"),
        state.blocks[place] or None,
        state.open_stages(place),
        scale,
        page.touch,
    )
    st.caption(legend(anatomy, t))
    return clicked


def _fold(page: ArchitecturePage, clicked: list[Clicked]) -> None:
    """Open or fold the stage that was clicked, and run the page again: it is drawn already."""
    for place, one in enumerate(clicked):
        if one.fold is not None:
            stage = {f"{place}-{one.fold}"}
            page.change(open=tuple(stage ^ set(page.state.open)))
            rerun()


def _details(page: ArchitecturePage, anatomies: list[Anatomy]) -> None:
    selection = [
        (anatomy, block)
        for anatomy, name in zip(anatomies, page.state.blocks, strict=False)
        for block in anatomy.blocks
        if block.name == name
    ]
    if not selection:
        return
    st.html(_STYLE % ("#10151C" if theme.is_dark() else "#FFFFFF"))
    with st.container(key=_DETAILS):
        for (anatomy, block), column in zip(
            selection, st.columns(len(selection), gap="medium"), strict=True
        ):
            with column:
                block_card(anatomy, block)
        st.button(
            t("architecture.close"),
            icon=":material/close:",
            key=page.key("close"),
            on_click=lambda: page.load(blocks=()),
        )
