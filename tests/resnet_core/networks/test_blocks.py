"""Blocks against torchvision's, against finite differences, and against their limits."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torchvision.models.resnet import BasicBlock, Bottleneck

from resnet_core.networks import branches
from resnet_core.networks.blocks import (
    HighwayBlock,
    PlainBlock,
    PreActivationBlock,
    ResidualBlock,
)
from resnet_core.networks.layers import Layers
from resnet_core.networks.shortcuts import Projection, ZeroPadding

LAYERS = Layers("relu", batch_norm=True)


def torchvisions_projection(in_channels: int, out_channels: int, stride: int) -> nn.Module:
    convolution = nn.Conv2d(in_channels, out_channels, 1, stride, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(out_channels))


def with_random_scales(module: nn.Module) -> nn.Module:
    """BN's scales and shifts away from 1 and 0, so that each of them matters."""
    for layer in module.modules():
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight, 1.0, 0.3)
            nn.init.normal_(layer.bias, 0.0, 0.3)
    return module


@pytest.mark.parametrize("kind", ["basic", "basic with projection", "bottleneck"])
def test_residual_block_is_torchvisions(kind):
    torch.manual_seed(0)
    if kind == "basic":
        convolutions = branches.basic(LAYERS, 8, 8, stride=1)
        shortcut, reference = nn.Identity(), BasicBlock(8, 8)
    elif kind == "basic with projection":
        convolutions = branches.basic(LAYERS, 8, 16, stride=2)
        shortcut = Projection(LAYERS, 8, 16, stride=2)
        reference = BasicBlock(8, 16, 2, torchvisions_projection(8, 16, 2))
    else:  # at stride 1, where the paper's and torchvision's bottlenecks are one
        convolutions = branches.bottleneck(LAYERS, 8, 4, 16, stride=1)
        shortcut = Projection(LAYERS, 8, 16, stride=1)
        reference = Bottleneck(8, 4, 1, torchvisions_projection(8, 16, 1))
    branch = branches.post_activation(LAYERS, convolutions)
    block = with_random_scales(ResidualBlock(branch, shortcut, nn.ReLU())).double()
    if kind == "bottleneck":  # torchvision's expansion is fixed at four
        assert reference.conv3.weight.shape == block.conv3.weight.shape
    reference.double().load_state_dict(block.state_dict())  # names and shapes are the same

    x = torch.randn(4, 8, 9, 9, dtype=torch.float64)
    ours, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    y, expected = block(ours), reference(theirs)
    torch.testing.assert_close(y, expected)
    y.square().sum().backward()
    expected.square().sum().backward()
    torch.testing.assert_close(ours.grad, theirs.grad)
    for (name, parameter), other in zip(
        block.named_parameters(), reference.parameters(), strict=True
    ):
        torch.testing.assert_close(parameter.grad, other.grad, msg=name)
    for name, buffer in reference.named_buffers():
        torch.testing.assert_close(block.get_buffer(name), buffer, msg=name)


def make(family: str, layers: Layers, stride: int = 2) -> nn.Module:
    """A block that takes 2 channels and gives 4."""
    convolutions = branches.basic(layers, 2, 4, stride)
    shortcut = ZeroPadding(2, 4, stride, "end")
    if family == "preresnet":
        return PreActivationBlock(branches.pre_activation(layers, convolutions), shortcut)
    branch = branches.post_activation(layers, convolutions)
    if family == "plain":
        return PlainBlock(branch, layers.activation())
    if family == "resnet":
        return ResidualBlock(branch, shortcut, layers.activation())
    return HighwayBlock(branch, shortcut, layers.activation(), nn.Conv2d(2, 4, 1, stride))


@pytest.mark.parametrize("family", ["plain", "resnet", "preresnet", "highway"])
@pytest.mark.parametrize("batch_norm", [True, False])
def test_gradients(family, batch_norm):
    torch.manual_seed(1)
    block = with_random_scales(make(family, Layers("tanh", batch_norm))).double()
    x = torch.randn(2, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(block, (x,))


@pytest.mark.parametrize("family", ["resnet", "preresnet", "highway"])
def test_without_its_branch_a_block_is_its_shortcut(family):
    block = make(family, Layers("relu", batch_norm=False))
    x = torch.rand(3, 2, 6, 6)  # not negative, as after a ReLU
    with torch.no_grad():
        block.conv2.weight.zero_()
        block.conv2.bias.zero_()
        if family == "highway":
            block.gate.bias.fill_(-1e4)
    assert not block.residual(x).any()
    assert torch.equal(block(x), block.shortcut(x))


def test_a_highway_block_lies_between_its_shortcut_and_a_plain_block():
    torch.manual_seed(2)
    highway, plain = make("highway", LAYERS), make("plain", LAYERS)
    plain.load_state_dict(highway.state_dict(), strict=False)
    x = torch.randn(3, 2, 6, 6)
    nn.init.zeros_(highway.gate.weight)
    for bias, opening in [(-1e4, 0.0), (0.0, 0.5), (1e4, 1.0)]:
        nn.init.constant_(highway.gate.bias, bias)
        mixed = opening * plain(x) + (1 - opening) * highway.shortcut(x)
        torch.testing.assert_close(highway(x), mixed)


def test_a_gate_opens_by_channel_and_pixel():
    torch.manual_seed(3)
    block = make("highway", LAYERS)
    x = torch.randn(3, 2, 6, 6)
    gate = block.transform(x)
    assert gate.shape == block(x).shape
    assert gate.min() > 0
    assert gate.max() < 1
    assert (gate.std(dim=(1, 2, 3)) > 0).all()
    activated = torch.relu(block.residual(x))
    torch.testing.assert_close(block(x), gate * activated + (1 - gate) * block.shortcut(x))


@pytest.mark.parametrize("layers_per_block", [1, 2, 3])
def test_layers_of_a_branch_in_order(layers_per_block):
    convolutions = branches.basic(LAYERS, 2, 4, stride=2, count=layers_per_block)
    after = list(branches.post_activation(LAYERS, convolutions))
    before = list(branches.pre_activation(LAYERS, convolutions))
    names = [["conv1", "bn1", "activation1"], ["conv2", "bn2", "activation2"], ["conv3", "bn3"]]
    flat = [name for group in names for name in group]
    assert after == flat[: 3 * layers_per_block - 1]
    assert before == [
        f"{n}{i + 1}" for i in range(layers_per_block) for n in ("bn", "activation", "conv")
    ]
    assert [convolution.stride for convolution in convolutions] == [(2, 2), (1, 1), (1, 1)][
        :layers_per_block
    ]


def test_the_papers_bottleneck_strides_in_its_first_layer():
    convolutions = branches.bottleneck(LAYERS, 16, 8, 32, stride=2)
    assert [(c.kernel_size[0], c.stride[0]) for c in convolutions] == [(1, 2), (3, 1), (1, 1)]
    assert [(c.in_channels, c.out_channels) for c in convolutions] == [(16, 8), (8, 8), (8, 32)]
