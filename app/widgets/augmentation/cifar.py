"""CIFAR's recipe (section 4.2), step by step on one image."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import streamlit as st

from app.language.texts import t
from app.page_data.pictures import Pixels, Sample, squared
from app.widgets.augmentation.source import AugmentationPage, AugmentationState, draw_button
from app.widgets.augmentation.tile import framed, gallery, visible_without_mean
from resnet_core.data import cifar_recipe as recipe
from resnet_core.data.cifar_recipe import PADDING, Draw, Floats
from resnet_core.data.imagenet.recipe import draw_mirrored

SIZE = 32
_MORE = 16


def cifar(page: AugmentationPage, pixels: Pixels, sample: Sample, hue: str) -> None:
    """Show each step with its own draw, and more views of the same image."""
    image = squared(pixels, SIZE)
    values = recipe.padded(recipe.without_mean(image, sample.mean))
    chance = drawn(page.state)
    box = (chance.left, chance.top, chance.left + SIZE, chance.top + SIZE)
    steps: list[Callable[[], None]] = [
        lambda: _original(image, chance, hue),
        lambda: _mean(image, sample),
        lambda: _padded(page, values, box, hue),
        lambda: _mirror(page, values, chance),
    ]
    for column, step in zip(st.columns(4, gap="medium"), steps, strict=True):
        with column:
            step()
    views = [
        visible_without_mean(recipe.cropped(values, drawn(_later(page.state, number))))
        for number in range(1, _MORE + 1)
    ]
    gallery(views, "more", t("augmentation.more_cifar", count=_MORE))
    st.subheader(t("augmentation.test"))
    st.markdown(t("augmentation.said.single"))


def drawn(state: AugmentationState) -> Draw:
    """Return the draws of the page's seeds, one seed for each."""
    left, top = recipe.draw_place(np.random.default_rng(state.place))
    return Draw(left, top, draw_mirrored(np.random.default_rng(state.mirror)))


def _later(state: AugmentationState, number: int) -> AugmentationState:
    return state.changed(place=state.place + number, mirror=state.mirror + number)


def _original(image: Pixels, chance: Draw, hue: str) -> None:
    """The crop as far as it lies on the image; the rest of it is padding."""
    st.markdown(t("augmentation.step.image", size=SIZE))
    left, top = chance.left - PADDING, chance.top - PADDING
    box = (max(0, left), max(0, top), min(SIZE, left + SIZE), min(SIZE, top + SIZE))
    st.html(framed(image, t("augmentation.alt.original"), [box], hue))
    st.caption(t("augmentation.said.image"))


def _mean(image: Pixels, sample: Sample) -> None:
    st.markdown(t("augmentation.step.mean", number=2))
    view = visible_without_mean(recipe.without_mean(image, sample.mean))
    st.html(framed(view, t("augmentation.alt.mean")))
    caption = t("augmentation.said.pixel_mean", count=f"{sample.count:,}", data=sample.title)
    st.caption(caption)


def _padded(
    page: AugmentationPage, values: Floats, box: tuple[float, float, float, float], hue: str
) -> None:
    st.markdown(t("augmentation.step.padded", padding=PADDING))
    st.html(framed(visible_without_mean(values), t("augmentation.alt.padded"), [box], hue))
    side = SIZE + 2 * PADDING
    st.caption(t("augmentation.said.padded", side=side, left=int(box[0]), top=int(box[1])))
    draw_button(page, "place")


def _mirror(page: AugmentationPage, values: Floats, chance: Draw) -> None:
    st.markdown(t("augmentation.step.crop_mirror", size=SIZE))
    view = recipe.cropped(values, chance)
    st.html(framed(visible_without_mean(view), t("augmentation.alt.mirror")))
    st.caption(t("augmentation.said.mirrored" if chance.mirrored else "augmentation.said.plain"))
    draw_button(page, "mirror")
