"""The networks drawn beside each other at one scale; blocks that are clicked are taken apart."""

from __future__ import annotations

import streamlit as st

from app.language.texts import t
from app.widgets.architecture.block_card import block_card
from app.widgets.architecture.desk import Desk
from app.widgets.architecture.networks import described, token
from app.widgets.experiment_form.cost import short
from app.widgets.network_drawing.layout import common_scale
from app.widgets.network_drawing.network_drawing import Clicked, legend, standing_drawing
from app.widgets.network_drawing.parts import Scale
from app.widgets.network_drawing.svg import BREADTH
from resnet_core.anatomy import Anatomy, describe

_DETAILS = "architecture-details"
# The chosen blocks stay in sight at the page's foot while the drawings scroll behind them.
_STYLE = """<style>
[data-testid="stLayoutWrapper"]:has(> .st-key-architecture-details) {
  position: sticky; bottom: 0; z-index: 90; }
.st-key-architecture-details { background: %s; padding: 0.8rem 0 1rem;
  border-top: 1px solid color-mix(in srgb, currentColor 25%%, transparent);
  max-height: min(46vh, 30rem); overflow-y: auto; }
</style>"""


def side_by_side(desk: Desk) -> None:
    """Draw the chosen networks, and below them the blocks that are chosen in them."""
    anatomies = [describe(spec) for spec in desk.state.networks]
    scale = _scale(anatomies)
    st.caption(t("architecture.scale.common" if scale else "architecture.scale.own"))
    clicked = []
    for place, column in enumerate(st.columns(len(anatomies), gap="medium")):
        with column:
            clicked.append(_drawn(desk, place, anatomies[place], scale))
    _fold(desk, clicked)
    desk.change(blocks=tuple(one.block or "" for one in clicked))
    _details(desk, anatomies)


def _scale(anatomies: list[Anatomy]) -> Scale | None:
    """One for all, unless their images differ so much that one would be drawn too small."""
    sizes = {anatomy.spec.image_size for anatomy in anatomies}
    return common_scale(anatomies, BREADTH) if len(sizes) == 1 else None


def _drawn(desk: Desk, place: int, anatomy: Anatomy, scale: Scale | None) -> Clicked:
    state = desk.state
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
        desk.key(f"drawing.{place}.{token(spec)}"),
        state.blocks[place] or None,
        {stage for network, stage in state.opened if network == place},
        scale,
    )
    st.caption(legend(anatomy, t))
    return clicked


def _fold(desk: Desk, clicked: list[Clicked]) -> None:
    """Open or fold the stage that was clicked; the drawing above is already there, so again."""
    for place, one in enumerate(clicked):
        if one.fold is not None:
            pair = frozenset({(place, one.fold)})
            desk.change(opened=desk.state.opened ^ pair)
            desk.again()


def _details(desk: Desk, anatomies: list[Anatomy]) -> None:
    chosen = [
        (anatomy, block)
        for anatomy, name in zip(anatomies, desk.state.blocks, strict=True)
        for block in anatomy.blocks
        if block.name == name
    ]
    if not chosen:
        return
    st.html(_STYLE % ("#10151C" if desk.dark else "#FFFFFF"))
    with st.container(key=_DETAILS):
        for (anatomy, block), column in zip(
            chosen, st.columns(len(chosen), gap="medium"), strict=True
        ):
            with column:
                block_card(anatomy, block)
        if st.button(t("architecture.close"), icon=":material/close:", key=desk.key("close")):
            desk.reload(blocks=())
