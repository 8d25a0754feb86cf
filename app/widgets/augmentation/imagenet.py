"""ImageNet's recipe (section 3.4), step by step on one picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import streamlit as st

from app.language.texts import t
from app.page_data.pictures import Pixels
from app.widgets.augmentation.source import AugmentationPage, AugmentationState, draw_button
from app.widgets.augmentation.tile import framed, gallery, visible, visible_without_mean
from resnet_core.data.imagenet import recipe
from resnet_core.data.imagenet.recipe import Draw

_MEAN = np.asarray(recipe.CHANNEL_MEAN, np.float32)
_MORE = 8


def imagenet(page: AugmentationPage, pixels: Pixels, hue: str) -> None:
    """Show each step with its own draw, more views of the same picture, and the test's ten crops.

    Raises:
        DataError: the picture is too long and thin.
    """
    chance = drawn(page.state, pixels)
    first, second = st.columns(2, gap="medium")
    with first:
        _original(pixels, chance, hue)
    with second:
        _resized(page, pixels, chance, hue)
    columns = st.columns(4, gap="medium")
    steps: list[Callable[[], None]] = [
        lambda: _crop(page, pixels, chance),
        lambda: _mirror(page, pixels, chance),
        lambda: _colour(page, pixels, chance),
        lambda: _mean(pixels, chance),
    ]
    for column, step in zip(columns, steps, strict=True):
        with column:
            step()
    gallery(_more(page.state, pixels), "more", t("augmentation.more_imagenet", count=_MORE))
    _test(pixels, hue)


def drawn(state: AugmentationState, pixels: Pixels) -> Draw:
    """Return the draws of the page's seeds for this picture, one seed for each."""
    height, width = pixels.shape[:2]
    side = recipe.draw_side(_random(state.size))
    left, top = recipe.draw_place((width, height), side, _random(state.place))
    mirrored = recipe.draw_mirrored(_random(state.mirror))
    return Draw(side, left, top, mirrored, recipe.draw_colour(_random(state.colour)))


def _random(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def _original(pixels: Pixels, chance: Draw, hue: str) -> None:
    height, width = pixels.shape[:2]
    st.markdown(t("augmentation.step.original", width=width, height=height))
    box = recipe.crop_box((width, height), chance)
    st.html(framed(pixels, t("augmentation.alt.original"), [box], hue))
    st.caption(t("augmentation.said.original"))


def _resized(page: AugmentationPage, pixels: Pixels, chance: Draw, hue: str) -> None:
    resized = recipe.resized(pixels, chance.shorter_side)
    height, width = resized.shape[:2]
    st.markdown(t("augmentation.step.resized", side=chance.shorter_side))
    box = (chance.left, chance.top, chance.left + recipe.CROP, chance.top + recipe.CROP)
    low, high = recipe.SHORTER_SIDES
    drawing = framed(resized, t("augmentation.alt.resized"), [box], hue)
    # As large beside the largest as it is: the crop keeps its size, the picture does not.
    st.html(f'<div style="width:{100 * chance.shorter_side / high:.1f}%">{drawing}</div>')
    caption = t("augmentation.said.resized", low=low, high=high, width=width, height=height)
    st.caption(caption)
    draw_button(page, "size")


def _crop(page: AugmentationPage, pixels: Pixels, chance: Draw) -> None:
    st.markdown(t("augmentation.step.crop", size=recipe.CROP))
    crop = recipe.cropped(pixels, replace(chance, mirrored=False))
    st.html(framed(crop, t("augmentation.alt.crop")))
    st.caption(t("augmentation.said.crop", left=chance.left, top=chance.top))
    draw_button(page, "place")


def _mirror(page: AugmentationPage, pixels: Pixels, chance: Draw) -> None:
    st.markdown(t("augmentation.step.mirror"))
    st.html(framed(recipe.cropped(pixels, chance), t("augmentation.alt.mirror")))
    st.caption(t("augmentation.said.mirrored" if chance.mirrored else "augmentation.said.plain"))
    draw_button(page, "mirror")


def _colour(page: AugmentationPage, pixels: Pixels, chance: Draw) -> None:
    st.markdown(t("augmentation.step.colour"))
    values = recipe.recoloured(recipe.cropped(pixels, chance), chance)
    st.html(framed(visible(values), t("augmentation.alt.colour")))
    red, green, blue = recipe.colour_shift(chance)
    st.caption(t("augmentation.said.colour", red=red, green=green, blue=blue))
    draw_button(page, "colour")


def _mean(pixels: Pixels, chance: Draw) -> None:
    st.markdown(t("augmentation.step.mean", number=6))
    view = recipe.augmented(pixels, _MEAN, chance)
    st.html(framed(visible_without_mean(view), t("augmentation.alt.mean")))
    red, green, blue = recipe.CHANNEL_MEAN
    st.caption(t("augmentation.said.channel_mean", red=red, green=green, blue=blue))


def _more(state: AugmentationState, pixels: Pixels) -> list[Pixels]:
    """Return views of the same picture with later seeds."""
    views = []
    for number in range(1, _MORE + 1):
        seeds = {name: getattr(state, name) + number for name in ("size", "place", "mirror")}
        chance = drawn(state.changed(**seeds, colour=state.colour + number), pixels)
        views.append(visible(recipe.recoloured(recipe.cropped(pixels, chance), chance)))
    return views


def _test(pixels: Pixels, hue: str) -> None:
    """10-crop: where the crops lie, and the ten of them."""
    st.subheader(t("augmentation.test"))
    height, width = pixels.shape[:2]
    draws = recipe.ten_draws((width, height))
    resized = recipe.resized(pixels, recipe.TEST_SIDE)
    frames = [
        (one.left, one.top, one.left + recipe.CROP, one.top + recipe.CROP) for one in draws[:5]
    ]
    place, words = st.columns([1, 2], gap="medium")
    with place:
        st.html(framed(resized, t("augmentation.alt.ten"), frames, hue))
    with words:
        sides = ", ".join(map(str, recipe.SEVERAL_SIDES))
        st.markdown(t("augmentation.said.ten", side=recipe.TEST_SIDE, sides=sides))
    gallery([recipe.cropped(pixels, one) for one in draws], "ten", t("augmentation.ten"), 5)
