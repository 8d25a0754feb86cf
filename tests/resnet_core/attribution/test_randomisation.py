"""The cascade replaces every weight of the copy and none of the original."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from resnet_core.attribution import randomisation
from resnet_core.networks.catalog import build
from resnet_core.specs.names import spec_of
from tests.resnet_core.attribution.small_nets import FAMILIES, network, pictures


def _tensors(model: nn.Module, names: list[str]) -> list[str]:
    return [key for key, _ in model.named_parameters() if any(key.startswith(n) for n in names)]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_parts_cover_all_weights_head_first(family: str) -> None:
    model = network(family)
    parts = randomisation.parts(model)
    assert parts[0] == ["fc"]
    assert parts[-1][0] == "conv1"
    named = [f"{name}." for part in parts for name in part]
    assert sorted(_tensors(model, named)) == sorted(key for key, _ in model.named_parameters())
    assert len(named) == len(set(named))


@pytest.mark.parametrize("name", ["cifar/resnet-56", "imagenet/googlenet"])
def test_long_networks_take_few_steps(name: str) -> None:
    with torch.device("meta"):
        model = build.__globals__["architecture"](spec_of(name))
    parts = randomisation.parts(model)
    assert len(parts) <= randomisation.MOST_STEPS
    assert parts[0] == ["fc"]


@pytest.mark.parametrize("family", FAMILIES)
def test_each_step_replaces_one_more_part(family: str) -> None:
    model, fresh = network(family), network(family, seed=9)
    before, images = copy.deepcopy(model.state_dict()), pictures(16)
    replaced: list[str] = []
    parts = randomisation.parts(model)
    for names, (_, changed) in zip(parts, randomisation.cascade(model, fresh, images), strict=True):
        replaced += [f"{name}." for name in names]
        own, new = dict(changed.named_parameters()), dict(fresh.named_parameters())
        gone = set(_tensors(model, replaced))
        for key in own:
            expected = new[key] if key in gone else before[key]
            assert torch.equal(own[key], expected), key
        assert not changed.training
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())


def test_random_bn_takes_the_images_statistics() -> None:
    model, fresh, images = network("resnet"), network("resnet", seed=9), pictures(16)
    *_, (_, changed) = randomisation.cascade(model, fresh, images)
    stem = changed.get_submodule("conv1")(images)
    bn = changed.get_submodule("bn1")
    assert torch.allclose(bn.running_mean, stem.mean(dim=(0, 2, 3)), atol=1e-5)
    assert bn.momentum == 0.1
