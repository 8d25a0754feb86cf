"""One hue a family everywhere, lightness for depth; light and dark.

The hues are Okabe and Ito's, chosen to stay apart for colour-blind readers. A deeper
network is darker on light and lighter on dark: it stands out more the deeper it is.
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path

import numpy as np
import streamlit as st

HUES = {
    "plain": "#D55E00",
    "resnet": "#0072B2",
    "highway": "#009E73",
    "preresnet": "#CC79A7",
}
OTHER = "#7A7A7A"

# OKLab lightness of the shallowest and the deepest network drawn. On white, 0.645 is a
# contrast of 3:1, the least that WCAG asks of a line in a chart; so is 0.53 on dark.
_LIGHT = (0.645, 0.42)
_DARK = (0.55, 0.88)
_SHALLOW, _DEEP = 20, 110  # weighted layers

_STYLE = Path(__file__).with_name("style.css")

# OKLab (Ottosson 2020): linear sRGB -> cone responses -> lightness and two opponent axes.
_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def is_dark() -> bool:
    """Return whether the reader's theme is dark; False where no browser is attached."""
    return st.context.theme.type == "dark"


@lru_cache(maxsize=1024)
def colour(family: str, depth: int, dark: bool = False) -> str:
    """Return the line colour of a network, "#rrggbb".

    Args:
        family: as in `NetworkSpec`; an unknown one is grey.
        depth: weighted layers; lightness runs over log(depth) from 20 to 110.
    """
    first, last = _DARK if dark else _LIGHT
    span = math.log(_DEEP) - math.log(_SHALLOW)
    place = (math.log(max(depth, 1)) - math.log(_SHALLOW)) / span
    place = min(max(place, 0.0), 1.15)  # a little beyond, for 1202 layers
    _, a, b = _oklab(HUES.get(family, OTHER))
    return _hex_within_gamut(first + place * (last - first), a, b)


def rgb(hexcode: str) -> tuple[int, int, int]:
    """Return red, green and blue of "#rrggbb", from 0 to 255."""
    red, green, blue = bytes.fromhex(hexcode.removeprefix("#"))
    return red, green, blue


def translucent(hexcode: str, alpha: float) -> str:
    """Return the colour as "rgba(...)"."""
    red, green, blue = rgb(hexcode)
    return f"rgba({red},{green},{blue},{alpha:g})"


def inject_style() -> None:
    """Put the app's style sheet on the page; called once a run, by the router."""
    st.html(f"<style>{_STYLE.read_text(encoding='utf-8')}</style>")


def _oklab(hexcode: str) -> np.ndarray:
    encoded = np.array(rgb(hexcode)) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    return _TO_LAB @ np.cbrt(_TO_CONES @ linear)


def _hex_within_gamut(lightness: float, a: float, b: float) -> str:
    """Return the most colourful sRGB colour of this lightness and hue, up to this chroma."""
    for chroma in np.linspace(1.0, 0.0, 41):
        lab = np.array([lightness, a * chroma, b * chroma])
        linear = np.linalg.inv(_TO_CONES) @ (np.linalg.inv(_TO_LAB) @ lab) ** 3
        if linear.min() >= -1e-4 and linear.max() <= 1 + 1e-4:
            break
    linear = np.clip(linear, 0, 1)
    encoded = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(value * 255):02x}" for value in np.clip(encoded, 0, 1))
