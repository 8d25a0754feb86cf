"""Draws by seed, their way through the URL, and what is drawn on pictures."""

from __future__ import annotations

import numpy as np
import pytest

from app.widgets.augmentation.recipes import (
    cifar_draw,
    framed,
    imagenet_draw,
    visible,
    visible_without_mean,
)
from app.widgets.augmentation.source import LAST_SEED, SEEDS, AugmentationState
from resnet_core.data.imagenet import recipe

PICTURE = np.random.default_rng(0).integers(0, 256, (300, 420, 3), np.uint8)


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"recipe": "mnist"}, ["recipe"]),
        ({"picture": "../secret"}, ["picture"]),
        ({"picture": "shapes-100"}, ["picture"]),
        ({"size": "-1"}, ["size"]),
        ({"colour": str(LAST_SEED + 1)}, ["colour"]),
        ({"colour": "²"}, ["colour"]),
        ({"x": "1"}, ["x"]),
    ],
)
def test_what_cannot_be_used_is_named_and_gives_way(query: dict, wrong: list) -> None:
    state, errors = AugmentationState.from_query({**query, "place": "5"})
    assert (state, list(errors)) == (AugmentationState(place=5), wrong)


@pytest.mark.parametrize("name", SEEDS)
def test_drawing_one_thing_again_leaves_the_others(name: str) -> None:
    before = AugmentationState()
    first = imagenet_draw(before, PICTURE)
    for seed in range(1, 9):  # a mirror image may come out the same several times
        second = imagenet_draw(before.changed(**{name: seed}), PICTURE)
        changed = {
            f for f in ("shorter_side", "mirrored", "colour") if _of(first, f) != _of(second, f)
        }
        own = {"size": "shorter_side", "mirror": "mirrored", "colour": "colour"}.get(name)
        assert changed <= {own}
        if own in changed or (name == "place" and first.left != second.left):
            return
    pytest.fail("eight other seeds gave the same draw")


def _of(chance: recipe.Draw, field: str) -> object:
    return getattr(chance, field)


def test_cifar_draws_by_the_same_seeds() -> None:
    assert cifar_draw(AugmentationState()) == cifar_draw(AugmentationState(colour=9, size=9))
    assert any(
        cifar_draw(AugmentationState(place=n)) != cifar_draw(AugmentationState())
        for n in range(1, 4)
    )


def test_frames_stand_where_the_crop_lies() -> None:
    html = framed(PICTURE, "a <picture>", [(42.0, 30.0, 210.0, 180.0)])
    assert "left:10.00%;top:10.00%;width:40.00%;height:50.00%" in html
    assert 'alt="a &lt;picture&gt;"' in html


def test_values_are_shown_as_pixels() -> None:
    assert visible(np.asarray([-0.1, 0.0, 0.5, 1.2], np.float32)).tolist() == [0, 0, 128, 255]
    shown = visible_without_mean(np.asarray([-1.0, 0.0, 1.0], np.float32))
    assert shown.tolist() == [0, 128, 255]
