"""Blocks that copy: to the last bit in evaluation mode, nearly so with mini-batch statistics."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from resnet_core.labs.tools import identity_blocks
from resnet_core.networks.catalog import block_sites, build
from resnet_core.specs.cifar import Family, NetworkSpec

IMAGES = torch.randn(64, 3, 8, 8, generator=torch.Generator().manual_seed(1))


def _trained(**fields: object) -> tuple[NetworkSpec, nn.Module]:
    """A network whose BN has seen images and has scales that are no round numbers."""
    spec = NetworkSpec(**{"width": 4, "depth": 8, "image_size": 8, **fields})  # type: ignore[arg-type]
    model = build(spec, seed=2)
    chance = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.uniform_(0.5, 1.5, generator=chance)
                module.bias.uniform_(-0.5, 0.5, generator=chance)
        for _ in range(30):
            model(IMAGES)
    return spec, model.eval()


@torch.no_grad()
@pytest.mark.parametrize("factor", [2, 3])
@pytest.mark.parametrize("family", ["plain", "resnet", "preresnet"])
def test_the_grafted_network_gives_the_same_scores_to_the_last_bit(
    family: Family, factor: int
) -> None:
    spec, shallow = _trained(family=family)
    deep = identity_blocks.grafted(shallow, spec, factor, IMAGES)
    assert len(block_sites(deep)) == factor * len(block_sites(shallow))
    assert torch.equal(deep(IMAGES), shallow(IMAGES))
    fresh = torch.randn(32, 3, 8, 8)  # and on images on which nothing was set
    assert torch.equal(deep(fresh), shallow(fresh))


@torch.no_grad()
def test_without_bn_and_with_other_branches_too() -> None:
    for fields in (
        {"family": "plain", "batch_norm": False},
        {"family": "plain", "layers_per_block": 1, "depth": 8},
        {"family": "resnet", "shortcut": "B"},
    ):
        spec, shallow = _trained(**fields)
        deep = identity_blocks.grafted(shallow, spec, 2, IMAGES)
        assert torch.equal(deep(IMAGES), shallow(IMAGES))


@torch.no_grad()
def test_with_mini_batch_statistics_the_copy_is_near_because_bn_was_set_on_the_data() -> None:
    spec, shallow = _trained(family="plain")
    wanted = copy.deepcopy(shallow).train()(IMAGES)
    deep = identity_blocks.grafted(shallow, spec, 3, IMAGES)
    careless = copy.deepcopy(deep)
    for name, block in block_sites(careless):
        if int(name.split(".")[1]) % 3:
            for layer in block.children():
                if isinstance(layer, nn.BatchNorm2d):
                    layer.reset_parameters()  # a copy in evaluation mode, too
    assert torch.allclose(careless(IMAGES), deep(IMAGES), atol=1e-3)
    gap = (deep.train()(IMAGES) - wanted).abs().mean()
    assert 0 < gap < 0.2 * (careless.train()(IMAGES) - wanted).abs().mean()


def test_the_statistics_are_those_of_the_blocks_output_and_no_hook_is_left() -> None:
    _, shallow = _trained(family="plain")
    seen = identity_blocks.output_statistics(shallow, IMAGES)
    with torch.no_grad():
        x = torch.relu(shallow.bn1(shallow.conv1(IMAGES)))
        output = shallow.layer1[0](x)
    mean, variance = output.mean((0, 2, 3)), output.var((0, 2, 3), correction=0)
    assert torch.allclose(seen["layer1.0"].mean, mean, atol=1e-6)
    assert torch.allclose(seen["layer1.0"].variance, variance, atol=1e-6)
    assert all(not module._forward_hooks for module in shallow.modules())


def test_a_lesion_shows_that_the_equality_can_fail() -> None:
    spec, shallow = _trained(family="plain")
    deep = identity_blocks.grafted(shallow, spec, 2, IMAGES)
    with torch.no_grad():
        deep.layer2[1].conv1.weight[0, 0, 1, 1] += 0.5
        assert not torch.equal(deep(IMAGES), shallow(IMAGES))
