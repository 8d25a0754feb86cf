"""Errors on fixed images."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from resnet_core.data import augment
from resnet_core.data.dataset import Dataset, ImageSet
from resnet_core.networks.catalog import build
from resnet_core.specs.cifar import NetworkSpec
from resnet_core.training import device
from resnet_core.training import images as evaluation
from resnet_core.training.images import fixed_subset, of_images

CPU = device.choose("cpu", "fp32")


def _mean(images: ImageSet) -> Tensor:
    return augment.per_pixel_mean(augment.as_tensors(images)[0])


def test_against_one_image_after_the_other(tiny: Dataset) -> None:
    model = build(NetworkSpec(depth=8, width=4, classes=4), seed=0)
    mean = _mean(tiny.train)
    model(torch.randn(32, 3, 8, 8))  # BN's running statistics are no longer the initial ones
    found = of_images(tiny.test, mean, CPU).error(CPU.place(model))
    model.eval()
    wrong = 0
    for pixels, label in zip(tiny.test.images, tiny.test.labels, strict=True):
        image = (torch.from_numpy(pixels).permute(2, 0, 1).float() - mean) / 255
        wrong += int(model(image[None]).argmax()) != label
    assert 0 < wrong < 16
    assert found == pytest.approx(100 * wrong / 16)


def test_the_batch_does_not_matter(tiny: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    model = CPU.place(build(NetworkSpec(depth=8, width=4, classes=4), seed=1))
    mean = _mean(tiny.train)
    whole = of_images(tiny.train, mean, CPU).error(model)
    monkeypatch.setattr(evaluation, "_MAX_IMAGES", 7)
    assert of_images(tiny.train, mean, CPU).error(model) == whole
    monkeypatch.setattr(evaluation, "_MAX_PIXELS", 100)  # one image at a time
    assert of_images(tiny.train, mean, CPU).error(model) == whole


def test_training_goes_on_undisturbed(tiny: Dataset) -> None:
    model = CPU.place(build(NetworkSpec(depth=8, width=4, classes=4), seed=1)).train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    random = torch.get_rng_state()
    of_images(tiny.test, _mean(tiny.train), CPU).error(model)
    assert all(module.training for module in model.modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)


def test_training_mode_comes_back_after_an_error(tiny: Dataset) -> None:
    class Broken(nn.Module):
        def forward(self, _: Tensor) -> Tensor:
            raise RuntimeError

    model = Broken().train()
    with pytest.raises(RuntimeError):
        of_images(tiny.test, _mean(tiny.train), CPU).error(model)
    assert model.training


def test_the_subset_is_balanced_and_fixed() -> None:
    labels = np.array([0] * 50 + [1] * 30 + [2] * 20)
    pixels = np.arange(100, dtype=np.uint8).reshape(100, 1, 1, 1)
    images = ImageSet(pixels, labels)
    subset = fixed_subset(images, 30)
    assert np.bincount(subset.labels).tolist() == [10, 10, 10]
    np.testing.assert_array_equal(subset.images, fixed_subset(images, 30).images)
    assert len(np.unique(subset.images)) == 30
    assert len(fixed_subset(images, 1000)) == 100
