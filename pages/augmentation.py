"""Augmentation: what the paper's recipes do to a picture, draw by draw."""

from __future__ import annotations

import streamlit as st

from app import theme
from app.language.errors import errors_shown
from app.language.texts import t
from app.page_state.page import Page
from app.widgets.augmentation.recipes import cifar, imagenet
from app.widgets.augmentation.source import SEEDS, AugmentationState, draw_again, source
from app.widgets.show_code import show_code

_CODE = {
    "imagenet": [
        ("resnet_core/data/imagenet/recipe.py", name)
        for name in ("draw", "cropped", "colour_shift", "augmented", "ten_crops")
    ],
    "cifar": [
        ("resnet_core/data/cifar_recipe.py", name) for name in ("draw", "cropped", "augmented")
    ],
}


def show() -> None:
    st.title(t("augmentation.title"))
    st.markdown(t("augmentation.lead"))
    page = Page("augmentation", AugmentationState)
    page.show_errors()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        recipe = page.choice("recipe", "augmentation.recipe")
        st.button(
            t("augmentation.all_again"),
            icon=":material/casino:",
            type="primary",
            key=page.key("all"),
            on_click=draw_again,
            args=(page, *SEEDS),
        )
    selection = source(page)
    hue = theme.HUES["plain"]
    with errors_shown():
        if recipe == "imagenet":
            imagenet(page, selection.pixels, hue)
        else:
            cifar(page, selection.pixels, selection.sample, hue)
    with st.expander(t("augmentation.code"), icon=":material/code:"):
        for path, name in _CODE[recipe]:
            show_code(path, name)
    page.write()


show()
