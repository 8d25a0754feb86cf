"""The palette: readable on both backgrounds, apart for colour-blind readers, ordered by depth."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import numpy as np
import pytest

from app import theme

ROOT = Path(__file__).resolve().parents[2]
FAMILIES = ("plain", "resnet", "highway", "preresnet")
DEPTHS = (8, 20, 32, 44, 56, 110, 1202)

# Machado, Oliveira and Fernandes 2009, severity 1, on linear RGB.
_BLINDNESS = {
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
}


def _linear(hexcode: str) -> np.ndarray:
    encoded = np.array([int(hexcode[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _luminance(hexcode: str) -> float:
    return float(np.dot(_linear(hexcode), [0.2126, 0.7152, 0.0722]))


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _lab(linear: np.ndarray) -> np.ndarray:
    xyz = np.array(
        [
            [0.4124564, 0.3575761, 0.1804375],
            [0.2126729, 0.7151522, 0.0721750],
            [0.0193339, 0.1191920, 0.9503041],
        ]
    ) @ np.clip(linear, 0, 1)
    scaled = xyz / [0.95047, 1.0, 1.08883]
    curved = np.where(scaled > 216 / 24389, np.cbrt(scaled), (24389 / 27 * scaled + 16) / 116)
    return np.array(
        [116 * curved[1] - 16, 500 * (curved[0] - curved[1]), 200 * (curved[1] - curved[2])]
    )


def _backgrounds() -> dict[bool, str]:
    config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    themes = config["theme"]
    return {dark: themes["dark" if dark else "light"]["backgroundColor"] for dark in (False, True)}


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("depth", DEPTHS)
def test_a_line_stands_out_from_the_background(family: str, depth: int, dark: bool) -> None:
    # 3:1, what WCAG 2.1 asks of graphics.
    assert _contrast(theme.colour(family, depth, dark), _backgrounds()[dark]) >= 3.0


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("family", FAMILIES)
def test_deeper_is_darker_on_light_and_lighter_on_dark(family: str, dark: bool) -> None:
    lightness = [_luminance(theme.colour(family, depth, dark)) for depth in (20, 32, 44, 56, 110)]
    assert lightness == sorted(lightness, reverse=not dark)
    assert len(set(lightness)) == len(lightness)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("blindness", sorted(_BLINDNESS))
def test_families_stay_apart_for_colour_blind_readers(blindness: str, dark: bool) -> None:
    seen = {
        family: _lab(np.array(_BLINDNESS[blindness]) @ _linear(theme.colour(family, 56, dark)))
        for family in FAMILIES
    }
    for one, other in itertools.combinations(FAMILIES, 2):
        assert np.linalg.norm(seen[one] - seen[other]) > 10, (one, other)
    # The pair that every page shows is far apart.
    assert np.linalg.norm(seen["plain"] - seen["resnet"]) > 40


def test_the_hues_are_okabe_and_itos() -> None:
    assert theme.HUES == {
        "plain": "#D55E00",
        "resnet": "#0072B2",
        "highway": "#009E73",
        "preresnet": "#CC79A7",
    }


def test_an_unknown_family_is_grey_and_translucent_keeps_the_colour() -> None:
    colour = theme.colour("other", 56)
    channels = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    assert max(channels) - min(channels) <= 2
    assert theme.translucent("#0a0b0c", 0.25) == "rgba(10,11,12,0.25)"
