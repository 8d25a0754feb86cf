"""Folders in ImageNet's layout that tests draw: few classes, a few dozen pictures of odd sizes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

CLASSES = ("n01 green", "n02 red", "n03 stripes")
_SIZES = ((50, 40), (37, 61), (64, 33), (41, 41), (90, 45))  # width, height


def draw_folder(root: Path, train: int = 30, test: int = 12) -> Path:
    """Noise in a colour or pattern of each class, JPEG and now and then PNG or grey."""
    random = np.random.default_rng(0)
    for part, count in (("train", train), ("val", test)):
        for number in range(count):
            label = number % len(CLASSES)
            folder = root / part / CLASSES[label]
            folder.mkdir(parents=True, exist_ok=True)
            picture = Image.fromarray(_pixels(random, label, _SIZES[number % len(_SIZES)]))
            if number % 11 == 10:
                picture = picture.convert("L")
            suffix = "png" if number % 7 == 6 else "jpg"
            picture.save(folder / f"{number:03}.{suffix}", quality=90)
    return root


def _pixels(random: np.random.Generator, label: int, size: tuple[int, int]) -> np.ndarray:
    width, height = size
    pixels = random.integers(0, 90, (height, width, 3))
    if label == 2:
        pixels[:, ::4] += 120
    else:
        pixels[:, :, 1 - label] += 120
    return pixels.astype(np.uint8)


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """30 training and 12 test pictures of three classes; not to be changed."""
    return draw_folder(tmp_path_factory.mktemp("pictures") / "odd sizes")
