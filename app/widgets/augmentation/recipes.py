"""The paper's two recipes step by step on one picture: ImageNet's (3.4) and CIFAR's (4.2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from html import escape
from typing import Any

import numpy as np
import streamlit as st
from PIL import Image

from app.language.texts import t
from app.page_data import pictures
from app.page_data.pictures import Pixels, Sample
from app.widgets.augmentation.source import (
    LAST_SEED,
    SEEDS,
    AugmentationPage,
    AugmentationState,
    draw_button,
)
from resnet_core.data import cifar_recipe
from resnet_core.data.cifar_recipe import PADDING
from resnet_core.data.imagenet import recipe
from resnet_core.data.imagenet.recipe import Box, Floats

SIZE = 32  # pixels of CIFAR's images
_MEAN = np.asarray(recipe.CHANNEL_MEAN, np.float32)
_MORE, _MORE_CIFAR = 8, 16  # further views
_LONGEST = 720  # pixels: more than a tile ever shows


def imagenet(page: AugmentationPage, pixels: Pixels, hue: str) -> None:
    """Show each step with its own draw, more views of the same picture, and the test's ten crops.

    Raises:
        DataError: the picture is too long and thin.
    """
    draw = imagenet_draw(page.state, pixels)
    height, width = pixels.shape[:2]
    first, second = st.columns(2, gap="medium")
    with first:
        box = recipe.crop_box((width, height), draw)
        _step("original", pixels, [box], hue, width=width, height=height)
    with second:
        _resized(page, pixels, draw, hue)
    crop = recipe.cropped(pixels, draw)
    recoloured = recipe.recoloured(crop, draw)
    red, green, blue = recipe.colour_shift(draw)
    mean: dict[str, Any] = dict(zip(("red", "green", "blue"), recipe.CHANNEL_MEAN, strict=True))

    def place() -> None:
        upright = recipe.cropped(pixels, replace(draw, mirrored=False))
        _step("crop", upright, size=recipe.CROP, left=draw.left, top=draw.top)
        draw_button(page, "place")

    def mirror() -> None:
        _step("mirror", crop, text="mirrored" if draw.mirrored else "plain")
        draw_button(page, "mirror")

    def colour() -> None:
        _step("colour", visible(recoloured), red=red, green=green, blue=blue)
        draw_button(page, "colour")

    def without_mean() -> None:
        view = visible_without_mean(recipe.augmented(pixels, _MEAN, draw))
        _step("mean", view, text="channel_mean", number=6, **mean)

    _in_columns([place, mirror, colour, without_mean])
    gallery(_more(page.state, pixels), "more", t("augmentation.more_imagenet", count=_MORE))
    _test(pixels, hue)


def cifar(page: AugmentationPage, pixels: Pixels, sample: Sample, hue: str) -> None:
    """Show each step with its own draw, and more views of the same image."""
    image = pictures.squared(pixels, SIZE)
    centred = cifar_recipe.without_mean(image, sample.mean)
    padded = cifar_recipe.padded(centred)
    draw = cifar_draw(page.state)

    def original() -> None:
        # The crop as far as it lies on the image; the rest of it is padding.
        left, top = draw.left - PADDING, draw.top - PADDING
        box = (max(0, left), max(0, top), min(SIZE, left + SIZE), min(SIZE, top + SIZE))
        _step("image", image, [box], hue, alt="original", size=SIZE)

    def without_mean() -> None:
        count = f"{sample.count:,}"
        view = visible_without_mean(centred)
        _step("mean", view, text="pixel_mean", number=2, count=count, data=sample.title)

    def place() -> None:
        box = (draw.left, draw.top, draw.left + SIZE, draw.top + SIZE)
        side = SIZE + 2 * PADDING
        numbers: dict[str, Any] = {"side": side, "left": draw.left, "top": draw.top}
        _step("padded", visible_without_mean(padded), [box], hue, padding=PADDING, **numbers)
        draw_button(page, "place")

    def mirror() -> None:
        view = visible_without_mean(cifar_recipe.cropped(padded, draw))
        text = "mirrored" if draw.mirrored else "plain"
        _step("crop_mirror", view, alt="mirror", text=text, size=SIZE)
        draw_button(page, "mirror")

    _in_columns([original, without_mean, place, mirror])
    views = [
        visible_without_mean(cifar_recipe.cropped(padded, cifar_draw(_later(page.state, number))))
        for number in range(1, _MORE_CIFAR + 1)
    ]
    gallery(views, "more", t("augmentation.more_cifar", count=_MORE_CIFAR))
    st.header(t("augmentation.test"))
    st.markdown(t("augmentation.said.single"))


def imagenet_draw(state: AugmentationState, pixels: Pixels) -> recipe.Draw:
    """Return the draws of the page's seeds for this picture, one seed for each."""
    height, width = pixels.shape[:2]
    side = recipe.draw_side(_random(state.size))
    left, top = recipe.draw_place((width, height), side, _random(state.place))
    mirrored = recipe.draw_mirrored(_random(state.mirror))
    return recipe.Draw(side, left, top, mirrored, recipe.draw_colour(_random(state.colour)))


def cifar_draw(state: AugmentationState) -> cifar_recipe.Draw:
    """Return the draws of the page's seeds, one seed for each."""
    left, top = cifar_recipe.draw_place(_random(state.place))
    return cifar_recipe.Draw(left, top, recipe.draw_mirrored(_random(state.mirror)))


def _random(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def _later(state: AugmentationState, number: int) -> AugmentationState:
    """Return the state with later seeds; the last is followed by the first."""
    return state.changed(
        **{name: (getattr(state, name) + number) % (LAST_SEED + 1) for name in SEEDS}
    )


def _step(
    step: str,
    pixels: Pixels,
    frames: Sequence[Box] = (),
    hue: str = "",
    *,
    alt: str = "",
    text: str = "",
    **values: object,
) -> None:
    """Show a step: its heading, the picture after it, and an explanation.

    Args:
        step, alt, text: the texts' names; the latter two are by default the step's.
        values: of the texts' placeholders.
    """
    st.markdown(t(f"augmentation.step.{step}", **values))
    st.html(framed(pixels, t(f"augmentation.alt.{alt or step}"), frames, hue))
    st.caption(t(f"augmentation.said.{text or step}", **values))


def _in_columns(steps: Sequence[Callable[[], None]]) -> None:
    for column, step in zip(st.columns(len(steps), gap="medium"), steps, strict=True):
        with column:
            step()


def _resized(page: AugmentationPage, pixels: Pixels, draw: recipe.Draw, hue: str) -> None:
    resized = recipe.resized(pixels, draw.shorter_side)
    height, width = resized.shape[:2]
    st.markdown(t("augmentation.step.resized", side=draw.shorter_side))
    box = (draw.left, draw.top, draw.left + recipe.CROP, draw.top + recipe.CROP)
    low, high = recipe.SHORTER_SIDES
    drawing = framed(resized, t("augmentation.alt.resized"), [box], hue)
    # As large beside the largest as it is: the crop keeps its size, the picture does not.
    st.html(f'<div style="width:{100 * draw.shorter_side / high:.1f}%">{drawing}</div>')
    st.caption(t("augmentation.said.resized", low=low, high=high, width=width, height=height))
    draw_button(page, "size")


def _more(state: AugmentationState, pixels: Pixels) -> list[Pixels]:
    """Return views of the same picture with later seeds."""
    draws = [imagenet_draw(_later(state, number), pixels) for number in range(1, _MORE + 1)]
    return [visible(recipe.recoloured(recipe.cropped(pixels, draw), draw)) for draw in draws]


def _test(pixels: Pixels, hue: str) -> None:
    """10-crop: where the crops lie, and the ten of them."""
    st.header(t("augmentation.test"))
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


def framed(pixels: Pixels, alt: str, frames: Sequence[Box] = (), hue: str = "#0072B2") -> str:
    """Return a picture with frames drawn on it, as HTML.

    Args:
        alt: the picture's alternative text, for screen readers.
        frames: in the picture's own pixels.
    """
    height, width = pixels.shape[:2]
    sharp = "pixelated" if max(height, width) < 100 else "auto"
    boxes = "".join(
        f'<div style="position:absolute;box-sizing:border-box;{_place(frame, width, height)};'
        f'border:2px solid {hue};outline:1px solid #fff"></div>'
        for frame in frames
    )
    return (
        f'<div style="position:relative;line-height:0"><img '
        f'src="{pictures.as_uri(_reduced(pixels))}" alt="{escape(alt)}" '
        f'style="width:100%;image-rendering:{sharp}">{boxes}</div>'
    )


def visible(values: Floats) -> Pixels:
    """Values from 0 to 1 as pixels; what lies a little beyond is cut off."""
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)


def visible_without_mean(values: Floats) -> Pixels:
    """Values around 0 as pixels: 0 is mid-grey, half the contrast so that nothing is cut off."""
    return visible(np.float32(0.5) + values / np.float32(2))


def _place(frame: Box, width: int, height: int) -> str:
    left, top, right, bottom = frame
    return (
        f"left:{100 * left / width:.2f}%;top:{100 * top / height:.2f}%;"
        f"width:{100 * (right - left) / width:.2f}%;height:{100 * (bottom - top) / height:.2f}%"
    )


def _reduced(pixels: Pixels) -> Pixels:
    longest = max(pixels.shape[:2])
    if longest <= _LONGEST:
        return pixels
    height, width = (max(1, round(side * _LONGEST / longest)) for side in pixels.shape[:2])
    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR))


def gallery(views: Sequence[Pixels], name: str, heading: str, columns: int = 8) -> None:
    """Show the views, at most so many in a row, under a heading.

    Args:
        name: tells the galleries of a page apart.
    """
    st.markdown(heading)
    tiles = "".join(
        framed(view, t("augmentation.alt.view", number=number))
        for number, view in enumerate(views, start=1)
    )
    st.html(
        f"<style>.pg-gallery-{name} {{ display: grid; gap: 0.6rem; "
        f"grid-template-columns: repeat({columns}, minmax(0, 1fr)); }}"
        f"@media (max-width: 640px) {{ .pg-gallery-{name} {{ "
        f"grid-template-columns: repeat({min(columns, 4)}, minmax(0, 1fr)); }} }}</style>"
        f'<div class="pg-gallery-{name}">{tiles}</div>'
    )
