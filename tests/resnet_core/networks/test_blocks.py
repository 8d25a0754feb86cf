"""Blocks against torchvision's, against finite differences, and against their limits."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional
from torchvision.models.resnet import BasicBlock, Bottleneck

from resnet_core.networks import blocks
from resnet_core.networks.blocks import (
    HighwayBlock,
    Layers,
    PlainBlock,
    PreActivationBlock,
    Projection,
    ResidualBlock,
    SubsampledConvolution,
    ZeroPadding,
    pointwise,
)

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
        convolutions = blocks.basic(LAYERS, 8, 8, stride=1)
        shortcut, reference = nn.Identity(), BasicBlock(8, 8)
    elif kind == "basic with projection":
        convolutions = blocks.basic(LAYERS, 8, 16, stride=2)
        shortcut = Projection(LAYERS, 8, 16, stride=2)
        reference = BasicBlock(8, 16, 2, torchvisions_projection(8, 16, 2))
    else:  # at stride 1, where the paper's and torchvision's bottlenecks are one
        convolutions = blocks.bottleneck(LAYERS, 8, 4, 16, stride=1)
        shortcut = Projection(LAYERS, 8, 16, stride=1)
        reference = Bottleneck(8, 4, 1, torchvisions_projection(8, 16, 1))
    branch = blocks.post_activation(LAYERS, convolutions)
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
    convolutions = blocks.basic(layers, 2, 4, stride)
    shortcut = ZeroPadding(2, 4, stride, "end")
    if family == "preresnet":
        return PreActivationBlock(blocks.pre_activation(layers, convolutions), shortcut)
    branch = blocks.post_activation(layers, convolutions)
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
    convolutions = blocks.basic(LAYERS, 2, 4, stride=2, count=layers_per_block)
    after = list(blocks.post_activation(LAYERS, convolutions))
    before = list(blocks.pre_activation(LAYERS, convolutions))
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
    convolutions = blocks.bottleneck(LAYERS, 16, 8, 32, stride=2)
    assert [(c.kernel_size[0], c.stride[0]) for c in convolutions] == [(1, 2), (3, 1), (1, 1)]
    assert [(c.in_channels, c.out_channels) for c in convolutions] == [(16, 8), (8, 8), (8, 32)]


@pytest.mark.parametrize(
    ("in_channels", "out_channels", "padding", "first"),
    [
        (16, 32, "end", 0),
        (16, 32, "both", 8),
        (3, 6, "both", 1),  # three are missing: one before, two after
        (1, 2, "both", 0),
        (16, 64, "end", 0),
        (16, 64, "both", 24),
        (5, 5, "both", 0),
    ],
)
@pytest.mark.parametrize(("stride", "size"), [(1, 6), (2, 6), (2, 7), (2, 1)])
def test_zero_padding(in_channels, out_channels, padding, first, stride, size):
    x = torch.randn(2, in_channels, size, size)
    y = ZeroPadding(in_channels, out_channels, stride, padding)(x)
    out_size = (size + stride - 1) // stride
    expected = torch.zeros(2, out_channels, out_size, out_size)
    for row in range(out_size):
        for column in range(out_size):
            pixel = x[:, :, row * stride, column * stride]
            expected[:, first : first + in_channels, row, column] = pixel
    assert torch.equal(y, expected)
    assert not list(ZeroPadding(in_channels, out_channels, stride, padding).parameters())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("form", [torch.contiguous_format, torch.channels_last])
def test_zero_padding_gives_its_gradient_back_in_the_same_memory_format(dtype, form):
    x = torch.randn(2, 4, 7, 7).to(dtype).contiguous(memory_format=form).requires_grad_()
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype is torch.bfloat16):
        y = ZeroPadding(4, 8, stride=2, padding="both")(x)
    assert y.dtype is dtype
    assert y.is_contiguous(memory_format=form)
    arriving = torch.randn_like(y)
    (gradient,) = torch.autograd.grad(y, x, arriving)
    expected = torch.zeros_like(x)
    expected[:, :, ::2, ::2] = arriving[:, 2:6]
    assert torch.equal(gradient, expected)
    assert gradient.is_contiguous(memory_format=form)


def test_projection():
    projection = Projection(Layers("relu", batch_norm=True), 4, 6, stride=2)
    x = torch.randn(8, 4, 7, 7)
    weight = projection[0].weight[:, :, 0, 0]
    mixed = torch.einsum("oc,bchw->bohw", weight, x[:, :, ::2, ::2])
    normalised = functional.batch_norm(mixed, None, None, training=True)
    assert torch.allclose(projection(x), normalised, atol=1e-5)
    assert list(projection.state_dict())[:2] == ["0.weight", "1.weight"]


def test_projection_without_bn_has_a_bias():
    projection = Projection(Layers("relu", batch_norm=False), 4, 6, stride=1)
    assert list(projection.state_dict()) == ["0.weight", "0.bias"]
    assert isinstance(projection[0], nn.Conv2d)
    assert len(projection) == 1


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("in_channels", [1, 3, 7, 8])
@pytest.mark.parametrize("size", [1, 7, 8])
def test_a_pointwise_convolution_is_torchs(stride: int, in_channels: int, size: int) -> None:
    ours = pointwise(in_channels, 5, stride, bias=True)
    reference = nn.Conv2d(in_channels, 5, kernel_size=1, stride=stride)
    reference.load_state_dict(ours.state_dict())
    assert isinstance(ours, SubsampledConvolution) == (stride > 1 and in_channels < 8)
    assert ours.stride == reference.stride
    x = torch.randn(2, in_channels, size, size)  # contiguous, where torch's is right
    torch.testing.assert_close(ours(x), reference(x))
