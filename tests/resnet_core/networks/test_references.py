"""VGG and GoogLeNet: torchvision's networks, without anything in place."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision import models

from resnet_core.networks.catalog import architecture, block_sites, build, response_sites
from resnet_core.specs.imagenet import ImageNetSpec
from resnet_core.telemetry.probes import Probes
from resnet_core.training import device
from resnet_core.training.step.backpropagation import Backpropagation

THEIRS = {
    "vgg-16": models.vgg16,
    "vgg-19": models.vgg19,
    "googlenet": lambda: models.googlenet(aux_logits=False, init_weights=False),
}
# As torchvision states them beside its weights (GoogLeNet's without auxiliary classifiers).
PARAMETERS = {"vgg-16": 138_357_544, "vgg-19": 143_667_240, "googlenet": 6_624_904}


def small_googlenet(seed: int) -> nn.Module:
    return build(ImageNetSpec("googlenet", image_size=64, classes=7), seed)


@pytest.mark.parametrize("name", THEIRS)
def test_names_and_shapes_are_torchvisions(name):
    with torch.device("meta"):
        ours, theirs = architecture(ImageNetSpec(name)), THEIRS[name]()
    state, expected = ours.state_dict(), theirs.state_dict()
    assert [(n, t.shape) for n, t in state.items()] == [(n, t.shape) for n, t in expected.items()]
    assert sum(p.numel() for p in ours.parameters()) == PARAMETERS[name]


def test_googlenets_outputs_are_torchvisions():
    theirs = models.googlenet(aux_logits=False, init_weights=False, num_classes=7)
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.running_mean, 0.0, 0.1)
            nn.init.uniform_(module.running_var, 0.05, 0.2)
    ours = small_googlenet(seed=0)
    ours.load_state_dict(theirs.state_dict())
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        got, expected = ours.eval()(images), theirs.eval()(images)
    assert expected.std() > 1e-3
    assert (got - expected).abs().max() <= 1e-5 * max(1.0, expected.abs().max().item())


def test_vggs_layers_are_torchvisions_one_by_one():
    """The same kinds in the same places; the 138 million values stay unmade."""
    with torch.device("meta"):
        ours, theirs = architecture(ImageNetSpec("vgg-16")), models.vgg16()
    described = [str(model).replace(", inplace=True", "").replace("inplace=True", "") for model in
                 (ours, theirs)]  # fmt: skip
    assert described[0] == described[1]


@pytest.mark.parametrize("name", THEIRS)
def test_nothing_works_in_place_or_twice(name):
    with torch.device("meta"):
        model = architecture(ImageNetSpec(name)).eval()
        images = torch.empty(1, 3, 64, 64)
    relus = [module for module in model.modules() if isinstance(module, nn.ReLU)]
    assert len(relus) == {"vgg-16": 15, "vgg-19": 18, "googlenet": 57}[name]
    assert not any(module.inplace for module in relus)
    calls: list[nn.Module] = []
    for module in relus:
        module.register_forward_hook(lambda module, inputs, output: calls.append(module))
    with torch.no_grad():
        model(images)
    assert len(calls) == len(set(calls)) == len(relus)


def test_the_3x3_layers_are_sites_and_there_are_no_blocks():
    """In torchvision's GoogLeNet the third path of each of nine modules is 3x3 as well."""
    counts = {"vgg-16": 13, "vgg-19": 16, "googlenet": 1 + 2 * 9}
    for name, count in counts.items():
        with torch.device("meta"):
            model = architecture(ImageNetSpec(name))
        sites = response_sites(model)
        assert len(sites) == count
        assert block_sites(model) == []
        assert all((site.bn is None) == (name != "googlenet") for site in sites)


def test_the_seed_decides_the_weights():
    one, same, other = (small_googlenet(seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["conv3.conv.weight"], other["conv3.conv.weight"])
    assert one["conv3.bn.weight"].eq(1).all()


def test_it_is_measured_but_for_blocks():
    model = small_googlenet(seed=0)
    probes = Probes(model)
    backpropagation = Backpropagation(model, probes, device.choose("cpu", "fp32"))
    images, labels = torch.randn(2, 3, 64, 64), torch.arange(2)
    readings = backpropagation(images, labels, record=True, audit=True).fetch().readings
    assert len(probes.layers) == 19
    assert (readings.response_std > 0).all()
    assert (readings.gradient_norm > 0).all()
    assert readings.audit_error < 1e-3
    assert (probes.blocks, len(readings.branch_ratio)) == ((), 0)
