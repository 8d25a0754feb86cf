"""Table 1's networks against torchvision's: names, shapes, outputs and gradients."""

from __future__ import annotations

import functools

import pytest
import torch
from torch import nn
from torchvision import models

from resnet_core.networks.catalog import architecture, block_sites, build, response_sites
from resnet_core.networks.shortcuts import ZeroPadding
from resnet_core.specs.imagenet import ImageNetSpec
from resnet_core.telemetry.probes import Probes
from resnet_core.training import device
from resnet_core.training.step.backpropagation import Backpropagation

RESNETS = [18, 34, 50, 101, 152]
# As torchvision states them beside its weights.
PARAMETERS = {
    18: 11_689_512,
    34: 21_797_672,
    50: 25_557_032,
    101: 44_549_160,
    152: 60_192_808,
}


def on_meta(spec: ImageNetSpec) -> nn.Module:
    with torch.device("meta"):
        return architecture(spec)


def torchvisions(depth: int, device: str = "meta") -> nn.Module:
    with torch.device(device):
        return getattr(models, f"resnet{depth}")()


def shapes(model: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}


@functools.lru_cache(maxsize=1)
def trained_like(depth: int) -> dict[str, torch.Tensor]:
    """torchvision's weights with statistics, scales and shifts that all matter."""
    torch.manual_seed(depth)
    model = torchvisions(depth, "cpu")
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.4, 0.8)
            nn.init.normal_(module.bias, 0.0, 0.2)
            nn.init.normal_(module.running_mean, 0.0, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
    return model.state_dict()


@pytest.mark.parametrize("stride_in", ["1x1", "3x3"])
@pytest.mark.parametrize("depth", RESNETS)
def test_names_and_shapes_are_torchvisions(depth, stride_in):
    ours = on_meta(ImageNetSpec(f"resnet-{depth}", stride_in=stride_in))
    assert list(shapes(ours).items()) == list(shapes(torchvisions(depth)).items())
    assert sum(p.numel() for p in ours.parameters()) == PARAMETERS[depth]


@pytest.mark.parametrize("depth", [18, 50])
def test_from_the_same_weights_come_the_same_outputs(depth):
    theirs = torchvisions(depth, "cpu")
    theirs.load_state_dict(trained_like(depth))
    ours = architecture(ImageNetSpec(f"resnet-{depth}", stride_in="3x3"))
    ours.load_state_dict(trained_like(depth))
    images = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected, got = theirs.eval()(images), ours.eval()(images)
    assert expected.std() > 0.05
    assert (got - expected).abs().max() <= 1e-5 * max(1.0, expected.abs().max().item())


def test_the_papers_stride_is_another_network_of_the_same_weights():
    images = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    outputs = []
    for stride_in in ("1x1", "3x3"):
        model = architecture(ImageNetSpec("resnet-50", stride_in=stride_in))
        model.load_state_dict(trained_like(50))
        assert model.layer2[0].conv1.stride == ((2, 2) if stride_in == "1x1" else (1, 1))
        assert model.layer2[0].conv2.stride == ((1, 1) if stride_in == "1x1" else (2, 2))
        with torch.no_grad():
            outputs.append(model.eval()(images))
    assert (outputs[0] - outputs[1]).abs().max() > 0.01


@pytest.mark.parametrize("depth", [18, 34])
def test_a_plain_network_is_its_twin_without_shortcuts(depth):
    plain, twin = (
        on_meta(ImageNetSpec(f"{family}-{depth}", shortcut="A")) for family in ("plain", "resnet")
    )
    assert shapes(plain) == shapes(twin)


@pytest.mark.parametrize("depth", RESNETS)
def test_options(depth):
    projections = {}
    for option in "ABC":
        model = on_meta(ImageNetSpec(f"resnet-{depth}", shortcut=option))
        kinds = [type(block.downsample).__name__ for _, block in block_sites(model)]
        projections[option] = kinds.count("Projection")
        assert kinds.count("ZeroPadding") == ((4 if depth >= 50 else 3) if option == "A" else 0)
    blocks = sum(ImageNetSpec(f"resnet-{depth}").stage_blocks)
    assert projections == {"A": 0, "B": 4 if depth >= 50 else 3, "C": blocks}


@pytest.mark.parametrize("padding", ["end", "both"])
def test_option_a_of_a_bottleneck_pads_what_is_missing(padding):
    model = build(ImageNetSpec("resnet-50", "A", padding, classes=5), seed=0).eval()
    paddings = [m for m in model.modules() if isinstance(m, ZeroPadding)]
    assert [m.before + m.after for m in paddings] == [192, 256, 512, 1024]
    assert [m.before for m in paddings] == ([0] * 4 if padding == "end" else [96, 128, 256, 512])
    with torch.no_grad():
        assert torch.isfinite(model(torch.randn(1, 3, 32, 32))).all()


@pytest.mark.parametrize("name", ["plain-18", "resnet-18", "resnet-50"])
def test_it_learns_and_is_measured(name):
    """A step on small images, through the probes that training uses."""
    spec = ImageNetSpec(name, "A", classes=5, image_size=32)
    model = build(spec, seed=3)
    probes = Probes(model)
    images, labels = torch.randn(4, 3, 32, 32), torch.arange(4)
    backpropagation = Backpropagation(model, probes, device.choose("cpu", "fp32"))
    readings = backpropagation(images, labels, record=True, audit=True).fetch().readings
    assert len(probes.layers) == 16
    assert probes.layers[0] == ("layer1.0.conv2" if name == "resnet-50" else "layer1.0.conv1")
    assert probes.blocks[-1] == ("layer4.2" if name == "resnet-50" else "layer4.1")
    assert (readings.response_std > 0).all()
    assert (readings.gradient_norm > 0).all()
    assert (readings.branch_ratio > 0).all()
    assert readings.audit_error < 1e-3
    assert all(p.grad is not None for p in model.parameters())


def test_the_seed_decides_the_weights():
    spec = ImageNetSpec("resnet-18", classes=3)
    one, same, other = (build(spec, seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["layer4.0.conv1.weight"], other["layer4.0.conv1.weight"])
    std = one["layer4.0.conv1.weight"].std().item()
    assert std == pytest.approx((2 / (9 * 256)) ** 0.5, rel=0.01)  # He et al. 2015, eq. 10


def test_the_7x7_stem_is_not_among_the_3x3_layers():
    model = on_meta(ImageNetSpec("resnet-34"))
    names = [site.layer_name for site in response_sites(model)]
    assert len(names) == 32
    assert "conv1" not in names
    assert all(site.bn is not None for site in response_sites(model))
