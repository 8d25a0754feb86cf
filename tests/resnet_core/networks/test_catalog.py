"""Networks by description, and the sites where probes measure."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from resnet_core.anatomy.describe import describe
from resnet_core.networks.catalog import block_sites, build, response_sites
from resnet_core.specs.cifar import FAMILIES, NetworkSpec

SHAPES = [
    {"layers_per_block": 1},
    {"layers_per_block": 2},
    {"layers_per_block": 3},
    {"layers_per_block": 3, "block": "bottleneck"},
]


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "-".join(map(str, shape.values())))
@pytest.mark.parametrize("family", FAMILIES)
def test_sites(family, shape, batch_norm):
    depth = 6 * shape["layers_per_block"] + 2
    spec = NetworkSpec(
        family=family, depth=depth, batch_norm=batch_norm, shortcut="C", width=4, **shape
    )
    model, anatomy = build(spec, seed=0), describe(spec)
    sites = response_sites(model)

    assert tuple(site.layer_name for site in sites) == anatomy.layers_3x3
    assert tuple(name for name, _ in block_sites(model)) == anatomy.block_names
    modules = dict(model.named_modules())
    assert all(site.conv is modules[site.layer_name] for site in sites)
    assert all(block is modules[name] for name, block in block_sites(model))
    assert all(site.conv.kernel_size == (3, 3) for site in sites)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: "-".join(map(str, shape.values())))
@pytest.mark.parametrize("family", FAMILIES)
def test_a_sites_bn_is_the_one_that_takes_its_convolutions_output(family, shape):
    """Seen in a pass. Where the site has none, the output goes into an addition as it is."""
    depth = 6 * shape["layers_per_block"] + 2
    model = build(NetworkSpec(family=family, depth=depth, width=4, **shape), seed=0)
    sites = response_sites(model)
    made: dict[str, torch.Tensor] = {}
    taken: dict[nn.Module, torch.Tensor] = {}

    def keep_output(name):
        return lambda module, inputs, output: made.update({name: output})

    def keep_input(module, inputs):
        taken[module] = inputs[0]

    for site in sites:
        site.conv.register_forward_hook(keep_output(site.layer_name))
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.register_forward_pre_hook(keep_input)
    model(torch.randn(2, 3, 8, 8))

    for site in sites:
        takers = [bn for bn, x in taken.items() if x is made[site.layer_name]]
        if family == "preresnet" and site.layer_name == "conv1":
            assert site.bn is None  # the first branch's BN takes it, and the first shortcut too
        else:
            assert takers == ([] if site.bn is None else [site.bn])
    assert family == "preresnet" or all(site.bn is not None for site in sites)


def test_a_network_of_1202_layers_takes_a_training_step():
    """Width 16 and every layer; the images are 8x8 to be quick (1.5 s on one core)."""
    model = build(NetworkSpec(depth=1202, image_size=8), seed=0)
    assert sum(p.numel() for p in model.parameters()) == 19_421_274
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, weight_decay=1e-4)
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(4, 3, 8, 8, generator=generator)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    loss = nn.functional.cross_entropy(model(images), torch.arange(4))
    loss.backward()
    optimizer.step()
    assert torch.isfinite(loss)
    for name, parameter in model.named_parameters():
        assert torch.isfinite(parameter).all(), name
        if parameter.ndim > 1:
            assert not torch.equal(parameter, before[name]), name


@pytest.mark.parametrize("family", FAMILIES)
def test_a_few_steps_learn_a_batch_by_heart(family):
    model = build(NetworkSpec(family=family, depth=14, width=8, image_size=8), seed=0)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    generator = torch.Generator().manual_seed(0)
    images, labels = torch.randn(16, 3, 8, 8, generator=generator), torch.arange(16) % 10
    for _ in range(60):
        loss = nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.3  # from 2.3
