"""The drawing as a component: a block that is clicked, or chosen by keyboard, is given back."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app import theme
from app.texts import Speaker, t
from app.widgets.network_drawing import svg
from resnet_core.anatomy import Anatomy

_FOLDER = Path(__file__).parent


_component = st.components.v2.component(
    "network_drawing",
    html='<div class="drawing"></div>',
    css=(_FOLDER / "network_drawing.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "network_drawing.js").read_text(encoding="utf-8"),
)


def network_drawing(anatomy: Anatomy, key: str = "drawing") -> str | None:
    """Draw the network; returns the name of the block that was chosen, if any.

    Wide screens get it lying, narrow ones standing; both are sent, so that turning a
    phone costs nothing.
    """
    spec = anatomy.spec
    result = _component(
        key=key,
        data={
            "wide": svg.wide(anatomy, t),
            "narrow": svg.narrow(anatomy, t),
            "hue": theme.colour(spec.family, spec.depth, theme.is_dark()),
        },
        default={"block": None},
        on_block_change=_nothing,
    )
    st.caption(legend(anatomy, t))
    chosen = result.get("block")
    return chosen if chosen in anatomy.block_names else None


def _nothing() -> None:
    """A callback that Streamlit needs in order to keep a component's state."""


def legend(anatomy: Anatomy, say: Speaker) -> str:
    """What the lines of this drawing mean, in a few sentences."""
    spec = anatomy.spec
    if not spec.has_shortcuts:
        return " ".join([say("drawing.legend.plain"), say("drawing.legend.choose")])
    keys = ["solid"]
    if all(block.shortcut == "projection" for block in anatomy.blocks):
        keys = ["projections"]
    elif any(block.shortcut == "projection" for block in anatomy.blocks):
        keys.append("projection")
    else:
        keys.append("zeros")
    if spec.family == "highway":
        keys.append("gate")
    return " ".join(say(f"drawing.legend.{key}") for key in [*keys, "choose"])
