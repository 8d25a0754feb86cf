"""The drawing as a component, which returns the block selected by mouse or keyboard."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from app import theme
from app.language.texts import Speaker, t
from app.page_state.page import touch
from app.widgets.component import component
from app.widgets.network_drawing import svg
from app.widgets.network_drawing.layout import Scale
from resnet_core.anatomy.facts import Anatomy

_component = component("network_drawing", Path(__file__).parent, html='<div class="drawing"></div>')


@dataclass(frozen=True)
class Clicked:
    """A click in a drawing.

    Attributes:
        block: the name of the selected block, if any.
        fold: the number of the stage that is to be folded or opened, only just after the click.
    """

    block: str | None
    fold: int | None = None


def network_drawing(anatomy: Anatomy, key: str = "drawing") -> str | None:
    """Draw the network; return the name of the selected block, if any.

    Wide screens get it lying, narrow ones standing; both are sent, so that turning a
    phone costs nothing.
    """
    drawings = {"wide": svg.wide(anatomy, t), "narrow": svg.narrow(anatomy, t)}
    result = _component(
        key=key,
        data={**drawings, "hue": _hue(anatomy)},
        default={"block": None},
        on_block_change=touch,
    )
    st.caption(f"{t('drawing.legend.scale')} {legend(anatomy, t)}")
    block = result.get("block")
    return block if block in anatomy.block_names else None


def standing_drawing(
    anatomy: Anatomy,
    key: str,
    initial: str | None,
    opened: Collection[int] | None,
    scale: Scale | None = None,
    on_change: Callable[[], None] = lambda: None,
) -> Clicked:
    """Draw the network standing whatever the width, its folds to be opened with a click.

    Args:
        initial: the selected block when the drawing first appears, or again under a new key.
        opened: numbers of the stages that are not folded; None where folds stay as they are.
        scale: shared with the drawings beside it.
    """
    result = _component(
        key=key,
        data={
            "wide": "",
            "narrow": svg.narrow(anatomy, t, opened, scale).replace('"narrow"', '"alone"', 1),
            "hue": _hue(anatomy),
            "chosen": initial,
        },
        default={"block": initial},
        on_block_change=on_change,
        on_fold_change=on_change,
    )
    block, fold = result.get("block"), result.get("fold")
    foldable = isinstance(fold, int) and 0 <= fold < len(anatomy.stages)
    return Clicked(block if block in anatomy.block_names else None, fold if foldable else None)


def _hue(anatomy: Anatomy) -> str:
    return theme.colour(anatomy.spec.family, anatomy.spec.depth, theme.is_dark())


def legend(anatomy: Anatomy, say: Speaker) -> str:
    """Return the meaning of the drawing's lines in a few sentences."""
    spec = anatomy.spec
    if spec.family in {"vgg", "googlenet"}:
        return " ".join([say(f"drawing.legend.{spec.family}"), say("drawing.legend.choose")])
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
