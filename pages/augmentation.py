"""Augmentation: what the paper's recipes do to a picture, draw by draw."""

from __future__ import annotations

import streamlit as st

from app import theme
from app.language.errors import explain
from app.language.markdown import escaped
from app.language.texts import t
from app.page_state.initial_value import start_of
from app.widgets.augmentation.cifar import cifar
from app.widgets.augmentation.desk import Desk
from app.widgets.augmentation.imagenet import imagenet
from app.widgets.augmentation.source import source
from app.widgets.augmentation.state import RECIPES, SEEDS
from app.widgets.show_code import show_code
from resnet_core.errors import PlaygroundError

_CODE = {
    "imagenet": [
        ("resnet_core/data/imagenet/recipe.py", name)
        for name in ("draw", "cropped", "colour_shift", "augmented", "ten_crops")
    ],
    "cifar": [
        ("resnet_core/data/cifar_recipe.py", name) for name in ("draw", "cropped", "augmented")
    ],
}


def page() -> None:
    st.title(t("augmentation.title"))
    st.markdown(t("augmentation.lead"))
    desk = Desk()
    key = desk.key("recipe")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        found = st.segmented_control(
            t("augmentation.recipe.label"),
            RECIPES,
            default=start_of(key, desk.state.recipe),
            required=True,
            format_func=lambda name: t(f"augmentation.recipe.{name}"),
            key=key,
        )
        desk.change(recipe=found)
        if st.button(
            t("augmentation.all_again"),
            icon=":material/casino:",
            type="primary",
            key=desk.key("all"),
        ):
            desk.state = desk.state.drawn_again(*SEEDS)
            desk.again()
    given = source(desk)
    hue = theme.HUES["plain"]
    try:
        if found == "imagenet":
            imagenet(desk, given.pixels, hue)
        else:
            cifar(desk, given.pixels, given.sample, hue)
    except PlaygroundError as error:
        st.error(escaped(explain(error)))
    with st.expander(t("augmentation.code"), icon=":material/code:"):
        for path, name in _CODE[found]:
            show_code(path, name)
    desk.write()


page()
