"""Mini-batches: prepared as section 4.2 says, alike for networks that are compared, restorable."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from resnet_core.data.dataset import Dataset
from resnet_core.experiments.experiment import Experiment
from resnet_core.training import device
from resnet_core.training.batches import Batches, Order

Make = Callable[..., Experiment]
CPU = torch.device("cpu")


def _batches(data: Dataset, experiment: Experiment) -> Batches:
    execution = device.choose("cpu", experiment.precision)
    return Batches(data.train, experiment, execution)


def test_without_augmentation_a_pass_is_the_training_set(make: Make, tiny: Dataset) -> None:
    experiment = make(batch_size=8, crop_padding=0, flip=False)
    batches = _batches(tiny, experiment)
    drawn = [batches.next() for _ in range(5)]
    images = torch.cat([images for images, _ in drawn])
    labels = torch.cat([labels for _, labels in drawn])
    assert images.shape == (40, 3, 8, 8)
    assert torch.bincount(labels).tolist() == [10, 10, 10, 10]
    assert images.mean(0).abs().max() < 1e-6  # the per-pixel mean is gone
    pixels = torch.from_numpy(tiny.train.images).permute(0, 3, 1, 2).double()
    expected = (pixels - pixels.mean(0)) / 255
    distances = torch.cdist(images.flatten(1).double(), expected.flatten(1))
    nearest = distances.argmin(1)
    assert sorted(nearest.tolist()) == list(range(40))
    assert distances.min(1).values.max() < 1e-5
    assert torch.equal(torch.from_numpy(tiny.train.labels)[nearest], labels)


def test_networks_that_are_compared_see_the_same_images(make: Make, tiny: Dataset) -> None:
    one = _batches(tiny, make(network="cifar/plain-8", learning_rate=1))
    other = _batches(tiny, make(network="cifar/resnet-8", record_every=1))
    for _ in range(4):
        for mine, theirs in zip(one.next(), other.next(), strict=True):
            assert torch.equal(mine, theirs)


def test_switching_augmentation_off_leaves_the_order(make: Make, tiny: Dataset) -> None:
    labels = [
        torch.cat([batches.next()[1] for _ in range(6)])
        for batches in (_batches(tiny, make()), _batches(tiny, make(crop_padding=0, flip=False)))
    ]
    assert torch.equal(*labels)


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_images_have_the_type_of_the_computation(make: Make, tiny: Dataset, precision: str) -> None:
    batches = _batches(tiny, make(precision=precision))
    images, labels = batches.next()
    assert images.dtype == device.choose("cpu", precision).dtype
    assert images.is_contiguous(memory_format=torch.channels_last)
    assert labels.dtype == torch.int64


@pytest.mark.parametrize("cut", range(6))
def test_batches_are_restored_anywhere(make: Make, tiny: Dataset, cut: int) -> None:
    batches = _batches(tiny, make())
    for _ in range(cut):
        batches.next()
    later = _batches(tiny, make(seed=99))
    later.load_state_dict(batches.state_dict())
    for _ in range(4):
        for mine, theirs in zip(batches.next(), later.next(), strict=True):
            assert torch.equal(mine, theirs)


@given(images=st.integers(2, 30), batch=st.integers(1, 30), batches=st.integers(1, 20))
def test_every_image_once_a_pass(images: int, batch: int, batches: int) -> None:
    order = Order(images, batch, seed=0, device=CPU)
    drawn = torch.cat([order.next() for _ in range(batches)]).tolist()
    assert len(drawn) == batch * batches
    for start in range(0, len(drawn), images):
        one_pass = drawn[start : start + images]
        assert len(set(one_pass)) == len(one_pass)
    if len(drawn) >= images:
        assert sorted(drawn[:images]) == list(range(images))


def test_each_pass_has_its_own_order() -> None:
    order = Order(50, 50, seed=0, device=CPU)
    first, second = order.next().tolist(), order.next().tolist()
    assert first != second
    assert first != list(range(50))


def test_the_seed_decides() -> None:
    first, same, other = (Order(50, 50, seed, CPU).next().tolist() for seed in (1, 1, 2))
    assert first == same
    assert first != other


@pytest.mark.parametrize("cut", range(9))
def test_an_order_is_restored_at_any_batch(cut: int) -> None:
    order = Order(10, 4, seed=0, device=CPU)
    for _ in range(cut):
        order.next()
    later = Order(10, 4, seed=99, device=CPU)
    later.load_state_dict(order.state_dict())
    for _ in range(7):
        assert later.next().tolist() == order.next().tolist()


def test_the_state_does_not_move_with_the_order() -> None:
    order = Order(10, 4, seed=0, device=CPU)
    order.next()
    state = order.state_dict()
    expected = [order.next().tolist() for _ in range(9)]
    order.load_state_dict(state)
    assert [order.next().tolist() for _ in range(9)] == expected
