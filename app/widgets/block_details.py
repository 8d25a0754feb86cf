"""One block of a network: its equation, its layers, and the code that computes it."""

from __future__ import annotations

import streamlit as st

from app.language.texts import t
from app.widgets.experiment_form.cost import short
from app.widgets.show_code import show_block
from resnet_core.anatomy.facts import Anatomy, BlockFacts


def block_details(anatomy: Anatomy, name: str) -> None:
    """Show the block of this name, which the drawing gave back."""
    block = next(block for block in anatomy.blocks if block.name == name)
    with st.container(border=True):
        facts, code = st.columns([2, 3], gap="large")
        with facts:
            st.markdown(f"#### {block.name}")
            st.markdown(f"**{block.equation}**")
            st.markdown(_described(block))
        with code:
            show_block(anatomy.spec.family)


def _described(block: BlockFacts) -> str:
    """Return a line each for F, for the shapes, for the shortcut and for the cost."""
    lines = [
        t("drawing.details.branch", steps=" → ".join(block.branch)),
        t("drawing.details.shapes", before=_shape(block.in_shape), after=_shape(block.out_shape)),
        t(f"drawing.details.{block.shortcut}"),
        t(
            "drawing.details.cost",
            parameters=f"{block.parameters:,}",
            multiply_adds=short(block.multiply_adds),
        ),
    ]
    return "\n".join(f"- {line}" for line in lines)


def _shape(shape: tuple[int, int, int]) -> str:
    return " × ".join(map(str, shape))
