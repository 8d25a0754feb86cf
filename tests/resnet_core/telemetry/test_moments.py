"""BN's moments against its output's elements."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from resnet_core.telemetry.moments import Moments
from resnet_core.telemetry.values import PackedValues


def _layer(channels: int, seed: int) -> nn.BatchNorm2d:
    generator = torch.Generator().manual_seed(seed)
    layer = nn.BatchNorm2d(channels)
    nn.init.normal_(layer.weight, generator=generator)
    nn.init.normal_(layer.bias, generator=generator)
    return layer


def _images(channels: int) -> Tensor:
    return torch.randn(5, channels, 6, 6, generator=torch.Generator().manual_seed(channels))


def test_layers_of_different_widths_against_their_elements() -> None:
    layers = [_layer(channels, seed) for seed, channels in enumerate((3, 8, 5))]
    outputs = [layer(_images(layer.num_features)) for layer in layers]
    moments = Moments("bn")
    for index, (layer, output) in enumerate(zip(layers, outputs, strict=True)):
        assert moments.record(index + 5, layer, output)
    assert moments.indices == [5, 6, 7]
    mean, square = moments.read(PackedValues(moments.groups()).fetch())
    exact = [output.detach().double() for output in outputs]
    np.testing.assert_allclose(mean, [output.mean().item() for output in exact], atol=1e-7)
    np.testing.assert_allclose(square, [output.square().mean().item() for output in exact], 1e-6)


def test_only_a_bn_in_training_mode_has_statistics() -> None:
    layer, images = _layer(4, 0), _images(4)
    fresh = layer(images)
    assert Moments("bn").record(0, layer, fresh)
    assert not Moments("bn").record(0, nn.ReLU(), fresh)
    assert not Moments("bn").record(0, layer, torch.relu(fresh))
    with torch.no_grad():
        assert not Moments("bn").record(0, layer, layer(images))
    assert not Moments("bn").record(0, layer.eval(), layer(images))


@pytest.mark.parametrize("scale", [0.0, 1e-6])
def test_a_channel_of_tiny_or_constant_input(scale: float) -> None:
    layer, moments = nn.BatchNorm2d(2), Moments("bn")
    nn.init.constant_(layer.bias, 0.5)
    output = layer(scale * _images(2))
    assert moments.record(0, layer, output)
    _, square = moments.read(PackedValues(moments.groups()).fetch())
    assert square[0] == pytest.approx(output.detach().double().square().mean().item(), rel=1e-6)


def test_no_layers_have_no_moments() -> None:
    mean, square = Moments("bn").read({})
    assert mean.size == square.size == 0
