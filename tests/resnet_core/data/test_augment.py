"""The vectorised preparation of a batch against the same thing done image by image."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from resnet_core.data import augment
from resnet_core.data.dataset import ImageSet


def batch(count: int = 12, channels: int = 3, height: int = 9, width: int = 7) -> torch.Tensor:
    random = torch.Generator().manual_seed(1)
    shape = (count, channels, height, width)
    return torch.randint(0, 256, shape, generator=random, dtype=torch.uint8)


def one_by_one(
    images: torch.Tensor, mean: torch.Tensor, chance: augment.Draw, padding: int
) -> torch.Tensor:
    """Pad, crop and mirror with slices, one image after the other."""
    results = []
    for image, top, left, mirrored in zip(
        images.numpy(), chance.top, chance.left, chance.mirrored, strict=True
    ):
        x = (image.astype(np.float32) - mean.numpy()) / np.float32(255)
        _, height, width = x.shape
        x = np.pad(x, ((0, 0), (padding, padding), (padding, padding)))
        x = x[:, top : top + height, left : left + width]
        results.append(x[:, :, ::-1] if mirrored else x)
    return torch.from_numpy(np.stack(results))


@settings(max_examples=25, deadline=None)
@given(
    padding=st.integers(0, 5),
    flip=st.booleans(),
    channels=st.sampled_from([1, 3]),
    seed=st.integers(0, 2**31),
)
def test_a_batch_is_what_a_loop_over_its_images_gives(
    padding: int, flip: bool, channels: int, seed: int
) -> None:
    images = batch(channels=channels)
    mean = augment.per_pixel_mean(images)
    chance = augment.draw(len(images), torch.Generator().manual_seed(seed), padding, flip=flip)
    made = augment.augmented(images, mean, chance, padding)
    torch.testing.assert_close(made, one_by_one(images, mean, chance, padding), rtol=0, atol=0)


def test_each_image_has_its_own_draw_over_the_whole_range() -> None:
    chance = augment.draw(4000, torch.Generator().manual_seed(0), padding=4)
    for starts in (chance.top, chance.left):
        counts = torch.bincount(starts, minlength=9)
        assert len(counts) == 9
        assert (abs(counts - 4000 / 9) < 100).all()  # five standard deviations
    assert abs(chance.mirrored.float().mean() - 0.5) < 0.04
    assert not torch.equal(chance.top, chance.left)


def test_without_a_flip_nothing_is_mirrored_and_the_crops_stay_the_same() -> None:
    with_flip = augment.draw(64, torch.Generator().manual_seed(0), flip=True)
    without = augment.draw(64, torch.Generator().manual_seed(0), flip=False)
    assert not without.mirrored.any()
    assert torch.equal(with_flip.top, without.top)


def test_without_a_draw_a_training_batch_is_the_test_view() -> None:
    images = batch()
    mean = augment.per_pixel_mean(images)
    made = augment.augmented(images, mean, None)
    torch.testing.assert_close(made, augment.centred(images, mean), rtol=0, atol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_type_and_memory_format_are_as_asked(
    dtype: torch.dtype, layout: torch.memory_format
) -> None:
    images = batch()
    mean = augment.per_pixel_mean(images)
    chance = augment.draw(len(images), torch.Generator().manual_seed(2))
    plain = augment.augmented(images, mean, chance)
    made = augment.augmented(images, mean, chance, dtype=dtype, memory_format=layout)
    assert made.dtype == dtype
    assert made.is_contiguous(memory_format=layout)
    torch.testing.assert_close(made, plain.to(dtype), rtol=0, atol=0)


def test_the_mean_is_per_pixel_and_leaves_a_training_set_without_one() -> None:
    images = batch(count=300)
    mean = augment.per_pixel_mean(images)
    np.testing.assert_allclose(mean.numpy(), images.numpy().mean(axis=0), rtol=1e-6)
    assert augment.centred(images, mean).mean(dim=0).abs().max() < 1e-6


def test_tensors_hold_the_same_pixels_with_channels_first() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (5, 4, 6, 3), np.uint8)
    images, labels = augment.as_tensors(ImageSet(pixels, np.arange(5)))
    assert images.dtype == torch.uint8
    assert images.shape == (5, 3, 4, 6)
    assert labels.tolist() == [0, 1, 2, 3, 4]
    assert images[3, 2, 1, 5] == pixels[3, 1, 5, 2]
