"""Option A against its definition, pixel by pixel; projections against torch's own layers."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional

from resnet_core.networks.layers import Layers
from resnet_core.networks.shortcuts import Projection, ZeroPadding


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
