"""The ImageNet recipe against closed forms: sizes, bounds, mirrors, means, colour shifts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_core.data.imagenet import recipe
from resnet_core.errors import DataError

SIZES = st.tuples(st.integers(20, 900), st.integers(20, 900)).filter(
    lambda size: max(size) <= recipe.LONGEST_FORM * min(size)
)


def ramp(width: int, height: int) -> np.ndarray:
    """Red grows to the right, green downwards, blue is flat: a crop tells its own place."""
    red = np.broadcast_to(np.linspace(0, 255, width), (height, width))
    green = np.broadcast_to(np.linspace(0, 255, height)[:, None], (height, width))
    return np.stack([red, green, np.full_like(red, 64)], axis=-1).round().astype(np.uint8)


@given(SIZES, st.integers(0, 2**32 - 1))
@settings(max_examples=100, deadline=None)
def test_a_drawn_crop_lies_within_the_resized_picture(size: tuple[int, int], seed: int) -> None:
    chance = recipe.draw(size, np.random.default_rng(seed))
    width, height = recipe.resized_size(size, chance.shorter_side)
    assert 256 <= min(width, height) == chance.shorter_side <= 480
    assert 0 <= chance.left <= width - 224
    assert 0 <= chance.top <= height - 224
    left, top, right, bottom = recipe.crop_box(size, chance)
    assert 0 <= left < right <= size[0] + 1e-6
    assert 0 <= top < bottom <= size[1] + 1e-6


def test_draws_reach_both_ends_and_both_sides_and_have_the_stated_spread() -> None:
    generator = np.random.default_rng(0)
    draws = [recipe.draw((300, 200), generator) for _ in range(4000)]
    sides = [one.shorter_side for one in draws]
    assert (min(sides), max(sides)) == (256, 480)
    assert np.mean(sides) == pytest.approx(368, abs=4)  # (256 + 480) / 2, std error 1.0
    assert np.mean([one.mirrored for one in draws]) == pytest.approx(0.5, abs=0.04)
    assert np.std([one.colour for one in draws]) == pytest.approx(0.1, abs=0.005)


def test_the_same_seed_draws_the_same() -> None:
    first, second = (recipe.draw((400, 300), np.random.default_rng(7)) for _ in range(2))
    assert first == second


def test_resizing_keeps_the_proportions() -> None:
    assert recipe.resized_size((600, 300), 256) == (512, 256)
    assert recipe.resized_size((300, 600), 480) == (480, 960)
    assert recipe.resized(ramp(60, 30), 256).shape == (256, 512, 3)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_crop_is_what_cutting_the_resized_picture_gives(mirrored: bool) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (310, 417, 3), np.uint8)
    chance = recipe.Draw(300, 95, 41, mirrored, (0.0, 0.0, 0.0))
    whole = recipe.resized(noise, 300)[41 : 41 + 224, 95 : 95 + 224]
    expected = whole[:, ::-1] if mirrored else whole
    crop = recipe.cropped(noise, chance)
    assert crop.shape == (224, 224, 3)
    assert np.abs(crop.astype(int) - expected.astype(int)).max() <= 1


def test_a_crop_shows_its_place_in_a_ramp() -> None:
    picture = ramp(512, 256)
    crop = recipe.cropped(picture, recipe.Draw(256, 100, 20, False, (0.0, 0.0, 0.0)))
    assert crop[0, 0].tolist() == picture[20, 100].tolist()
    assert crop[-1, -1].tolist() == picture[243, 323].tolist()


def test_the_colour_shift_runs_along_the_principal_components() -> None:
    vectors = np.asarray(recipe.EIGENVECTORS)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(3), atol=2e-4)
    for number in range(3):
        factors = np.eye(3)[number]
        chance = recipe.Draw(256, 0, 0, False, tuple(factors))
        shift = np.asarray(recipe.colour_shift(chance))
        expected = vectors[:, number] * recipe.EIGENVALUES[number]
        np.testing.assert_allclose(shift, expected)
    # The first component is brightness: all three channels go the same way.
    assert len(set(np.sign(vectors[:, 0]))) == 1


def test_a_view_is_crop_plus_shift_less_mean() -> None:
    picture, mean = ramp(300, 280), np.asarray(recipe.CHANNEL_MEAN, np.float32)
    chance = recipe.draw((300, 280), np.random.default_rng(1))
    view = recipe.augmented(picture, mean, chance)
    crop = recipe.cropped(picture, chance).astype(np.float64) / 255
    assert view.dtype == np.float32
    np.testing.assert_allclose(view, crop + recipe.colour_shift(chance) - mean, atol=1e-6)


def test_images_less_their_own_per_pixel_mean_average_to_zero() -> None:
    crops = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3), np.uint8)
    mean = (crops.mean(axis=0) / 255).astype(np.float32)
    views = [recipe.without_mean(crop.astype(np.float32) / 255, mean) for crop in crops]
    np.testing.assert_allclose(np.mean(views, axis=0), 0, atol=1e-6)


def test_ten_crops_are_corners_and_centre_and_their_mirrors() -> None:
    picture, mean = ramp(300, 256), np.zeros(3, np.float32)
    draws = recipe.ten_draws((300, 256))
    assert [(d.left, d.top) for d in draws[:5]] == [(0, 0), (76, 0), (0, 32), (76, 32), (38, 16)]
    crops = recipe.ten_crops(picture, mean)
    assert crops.shape == (10, 224, 224, 3)
    np.testing.assert_array_equal(crops[5:], crops[:5, :, ::-1])


@pytest.mark.parametrize("size", [(2000, 50), (50, 2000), (10, 0)])
def test_a_picture_that_is_too_thin_is_refused_in_a_sentence(size: tuple[int, int]) -> None:
    with pytest.raises(DataError, match="20 times the other"):
        recipe.draw(size, np.random.default_rng(0))
