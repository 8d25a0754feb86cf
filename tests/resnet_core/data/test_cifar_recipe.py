"""The step-by-step CIFAR recipe gives what training's mini-batches get."""

from __future__ import annotations

import numpy as np
import torch

from resnet_core.data import augment
from resnet_core.data import cifar_recipe as recipe

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), np.uint8)


def test_it_agrees_with_training() -> None:
    pixels = torch.from_numpy(IMAGES).permute(0, 3, 1, 2).contiguous()
    mean = augment.per_pixel_mean(pixels)
    centred = augment.centred(pixels, mean)
    generator = np.random.default_rng(3)
    for number, image in enumerate(IMAGES):
        chance = recipe.draw(generator)
        same = augment.Draw(
            *(torch.tensor([value]) for value in (chance.top, chance.left, chance.mirrored))
        )
        theirs = augment.cropped(centred[number : number + 1], same)[0].permute(1, 2, 0)
        ours = recipe.augmented(image, recipe.per_pixel_mean(IMAGES), chance)
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-6)


def test_the_middle_of_the_padded_image_is_the_image() -> None:
    values = recipe.without_mean(IMAGES[0], recipe.per_pixel_mean(IMAGES))
    np.testing.assert_array_equal(
        recipe.cropped(recipe.padded(values), recipe.Draw(4, 4, False)), values
    )
    corner = recipe.cropped(recipe.padded(values), recipe.Draw(0, 0, False))
    assert (corner[:4] == 0).all()
    assert (corner[:, :4] == 0).all()
    np.testing.assert_array_equal(corner[4:, 4:], values[:4, :4])


def test_every_place_is_drawn_and_mirrors_every_second_time() -> None:
    generator = np.random.default_rng(0)
    draws = [recipe.draw(generator) for _ in range(3000)]
    assert {one.left for one in draws} == {one.top for one in draws} == set(range(9))
    assert abs(np.mean([one.mirrored for one in draws]) - 0.5) < 0.04


def test_a_mirrored_crop_is_the_crop_turned_round() -> None:
    values = recipe.padded(IMAGES[0].astype(np.float32))
    plain, mirrored = (recipe.cropped(values, recipe.Draw(2, 7, m)) for m in (False, True))
    np.testing.assert_array_equal(mirrored, plain[:, ::-1])
