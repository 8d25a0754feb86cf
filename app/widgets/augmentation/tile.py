"""One step of a recipe: a picture, frames on it, and the step in words."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import streamlit as st
from PIL import Image

from app.language.texts import t
from app.page_data import pictures
from app.page_data.pictures import Pixels
from resnet_core.data.imagenet.recipe import Box, Floats

_LONGEST = 720  # pixels: more than a tile ever shows


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
