"""Whole networks against the paper written out by hand from the names of their weights."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_core.networks.catalog import build
from resnet_core.specs.cifar import FAMILIES, NetworkSpec

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
