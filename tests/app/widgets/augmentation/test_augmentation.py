"""Draws by seed, their way through the URL, and what is drawn on pictures."""

from __future__ import annotations

import numpy as np
import pytest

from app.widgets.augmentation import cifar, imagenet
from app.widgets.augmentation.state import LAST_SEED, SEEDS, State
from app.widgets.augmentation.tile import framed, visible, visible_without_mean
from resnet_core.data.imagenet import recipe

PICTURE = np.random.default_rng(0).integers(0, 256, (300, 420, 3), np.uint8)


def test_a_state_comes_back_from_its_query() -> None:
    state = State("cifar", "shapes-3", 1, 2, 3, 4)
    assert State.from_query(state.to_query()) == (state, [])
    assert State().to_query() == {}


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
    assert State.from_query({**query, "place": "5"}) == (State(place=5), wrong)


@pytest.mark.parametrize("name", SEEDS)
def test_drawing_one_thing_again_leaves_the_others(name: str) -> None:
    before = State()
    first = imagenet.drawn(before, PICTURE)
    after = before
    for _ in range(8):  # a mirror image may come out the same several times
        after = after.drawn_again(name)
        second = imagenet.drawn(after, PICTURE)
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


def test_the_last_seed_is_followed_by_the_first() -> None:
    assert State(size=LAST_SEED).drawn_again("size").size == 0


def test_cifar_draws_by_the_same_seeds() -> None:
    assert cifar.drawn(State()) == cifar.drawn(State(colour=9, size=9))
    assert any(cifar.drawn(State(place=n)) != cifar.drawn(State()) for n in range(1, 4))


def test_frames_stand_where_the_crop_lies() -> None:
    html = framed(PICTURE, "a <picture>", [(42.0, 30.0, 210.0, 180.0)])
    assert "left:10.00%;top:10.00%;width:40.00%;height:50.00%" in html
    assert 'alt="a &lt;picture&gt;"' in html


def test_values_are_shown_as_pixels() -> None:
    assert visible(np.asarray([-0.1, 0.0, 0.5, 1.2], np.float32)).tolist() == [0, 0, 128, 255]
    shown = visible_without_mean(np.asarray([-1.0, 0.0, 1.0], np.float32))
    assert shown.tolist() == [0, 128, 255]
