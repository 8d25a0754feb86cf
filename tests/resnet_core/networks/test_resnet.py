"""Whole networks against the paper written out by hand from the names of their weights."""

from __future__ import annotations

import functools
from itertools import product

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision import models

from resnet_core.networks.blocks import ZeroPadding
from resnet_core.networks.catalog import architecture, block_sites, build, response_sites
from resnet_core.specs.cifar import FAMILIES, NetworkSpec
from resnet_core.specs.imagenet import ImageNetSpec
from resnet_core.telemetry.probes import Probes
from resnet_core.training import device
from resnet_core.training.step.backpropagation import Backpropagation

ACTIVATIONS = {
    "relu": functional.relu,
    "leaky_relu": functional.leaky_relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}
OPTIONS = [("plain", "A"), *product(["resnet", "preresnet", "highway"], "ABC")]
VARIANTS = [
    {"depth": 20},
    {"depth": 14, "option_a_padding": "both", "image_size": 15},
    {"depth": 5, "layers_per_block": 1, "activation": "tanh"},
    {"depth": 20, "layers_per_block": 3, "activation": "leaky_relu", "batch_norm": False},
    {"depth": 20, "block": "bottleneck", "layers_per_block": 3, "activation": "sigmoid"},
    {"depth": 20, "block": "bottleneck", "layers_per_block": 3, "batch_norm": False},
]


class ByHand:
    """Section 4.2 in functions of the state dict; it shares no code with the modules."""

    def __init__(self, spec: NetworkSpec, weights: dict[str, Tensor]) -> None:
        self.spec, self.weights = spec, weights
        self.f = ACTIVATIONS[spec.activation]

    def conv(self, name: str, x: Tensor, stride: int = 1) -> Tensor:
        weight = self.weights[f"{name}.weight"]
        bias = self.weights.get(f"{name}.bias")
        return functional.conv2d(x, weight, bias, stride, padding=weight.shape[-1] // 2)

    def bn(self, name: str, x: Tensor) -> Tensor:
        if f"{name}.weight" not in self.weights:
            return x
        mean, var = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), keepdim=True, correction=0)
        scale, shift = (
            self.weights[f"{name}.{part}"][:, None, None] for part in ("weight", "bias")
        )
        return scale * (x - mean) / torch.sqrt(var + 1e-5) + shift

    def branch(self, block: str, x: Tensor, stride: int) -> Tensor:
        for number in range(1, self.spec.layers_per_block + 1):
            conv, bn = f"{block}.conv{number}", f"{block}.bn{number}"
            if self.spec.family == "preresnet":
                x = self.conv(conv, self.f(self.bn(bn, x)), stride)
            else:
                x = self.bn(bn, self.conv(conv, self.f(x) if number > 1 else x, stride))
            stride = 1
        return x

    def shortcut(self, block: str, x: Tensor, stride: int, channels: int) -> Tensor:
        if f"{block}.downsample.0.weight" in self.weights:
            return self.bn(f"{block}.downsample.1", self.conv(f"{block}.downsample.0", x, stride))
        missing = channels - x.shape[1]
        before = missing // 2 if self.spec.option_a_padding == "both" else 0
        x = x[:, :, ::stride, ::stride]
        nothing = torch.zeros_like(x[:, :1])
        parts = [nothing] * before + [x] + [nothing] * (missing - before)
        return torch.cat(parts, dim=1)

    def block(self, block: str, x: Tensor, stride: int) -> Tensor:
        residual = self.branch(block, x, stride)
        if self.spec.family == "plain":
            return self.f(residual)
        shortcut = self.shortcut(block, x, stride, residual.shape[1])
        if self.spec.family == "preresnet":
            return residual + shortcut
        if self.spec.family == "resnet":
            return self.f(residual + shortcut)
        gate = torch.sigmoid(self.conv(f"{block}.gate", x, stride))
        return gate * self.f(residual) + (1 - gate) * shortcut

    def __call__(self, x: Tensor) -> Tensor:
        x = self.conv("conv1", x)
        if self.spec.family != "preresnet":
            x = self.f(self.bn("bn1", x))
        n = (self.spec.depth - 2) // (3 * self.spec.layers_per_block)
        for stage, index in product((1, 2, 3), range(n)):
            x = self.block(f"layer{stage}.{index}", x, 2 if stage > 1 and index == 0 else 1)
        if self.spec.family == "preresnet":
            x = self.f(self.bn("bn", x))
        return x.mean((2, 3)) @ self.weights["fc.weight"].T + self.weights["fc.bias"]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda v: "-".join(map(str, v.values())))
@pytest.mark.parametrize(("family", "shortcut"), OPTIONS)
def test_equals_the_paper_written_by_hand(family, variant, shortcut):
    spec = NetworkSpec(family=family, shortcut=shortcut, width=4, **{"image_size": 12, **variant})
    model = build(spec, seed=0).double()
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():  # no bias at 0 and no scale at 1, so that each of them matters
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            parameter += 0.1 * noise
    x = torch.randn(4, 3, spec.image_size, spec.image_size, generator=generator).double()
    weights = dict(model.named_parameters())
    torch.testing.assert_close(model(x), ByHand(spec, weights)(x), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("block", ["basic", "bottleneck"])
@pytest.mark.parametrize("family", FAMILIES)
def test_no_output_is_overwritten_and_no_module_used_twice(family, block):
    """What a probe or an attribution method keeps of a pass stays what it was."""
    spec = NetworkSpec(
        family=family, depth=11, block=block, layers_per_block=3, width=4, image_size=8
    )
    model = build(spec, seed=0)
    kept: list[tuple[str, Tensor, Tensor]] = []

    def keep(name):
        return lambda _, inputs, output: kept.append((name, output, output.detach().clone()))

    leaves = {name: m for name, m in model.named_modules() if not list(m.children())}
    for name, module in leaves.items():
        module.register_forward_hook(keep(name))
    model(torch.randn(2, 3, 8, 8)).sum().backward()
    assert sorted(name for name, _, _ in kept) == sorted(leaves)
    for name, output, copy in kept:
        assert torch.equal(output, copy), name
        assert not getattr(leaves[name], "inplace", False)


def test_identity_shortcuts_pass_x_itself():
    """Nothing is copied or scaled on the way, so x_L = x_0 + the sum of all F (trap 8)."""
    model = build(NetworkSpec(family="preresnet", depth=20, width=4, image_size=8), seed=0)
    x = model.conv1(torch.randn(2, 3, 8, 8)).double()
    stage = model.layer1.double()
    total = x
    state = x
    for block in stage:
        assert block.shortcut(state) is state
        total = total + block.residual(state)
        state = block(state)
    torch.testing.assert_close(state, total)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_parameter_gets_a_gradient(family):
    spec = NetworkSpec(family=family, depth=14, shortcut="C", width=4, image_size=8)
    model = build(spec, seed=0)
    scores = model(torch.randn(8, 3, 8, 8))
    nn.functional.cross_entropy(scores, torch.arange(8)).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


# Table 1's networks against torchvision's: names, shapes, outputs and gradients.
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
