"""BN's moments against its output's elements."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from resnet_core.telemetry.moments import kept_inverse_std, moments


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
    kept = [kept_inverse_std(layer, out) for layer, out in zip(layers, outputs, strict=True)]
    mean, square = moments(layers, [inverse for inverse in kept if inverse is not None])
    found = [output.detach().double() for output in outputs]
    np.testing.assert_allclose(mean, [output.mean().item() for output in found], atol=1e-7)
    np.testing.assert_allclose(square, [output.square().mean().item() for output in found], 1e-6)


def test_only_a_bn_that_uses_the_batch_keeps_its_statistics() -> None:
    layer, images = _layer(4, 0), _images(4)
    fresh = layer(images)
    assert kept_inverse_std(layer, fresh) is not None
    assert kept_inverse_std(nn.ReLU(), fresh) is None
    assert kept_inverse_std(None, fresh) is None
    assert kept_inverse_std(layer, torch.relu(fresh)) is None
    with torch.no_grad():
        assert kept_inverse_std(layer, layer(images)) is None
    assert kept_inverse_std(layer.eval(), layer(images)) is None


@pytest.mark.parametrize("scale", [0.0, 1e-6])
def test_a_channel_that_says_nothing(scale: float) -> None:
    layer = nn.BatchNorm2d(2)
    nn.init.constant_(layer.bias, 0.5)
    output = layer(scale * _images(2))
    inverse = kept_inverse_std(layer, output)
    assert inverse is not None
    _, square = moments([layer], [inverse])
    assert square[0] == pytest.approx(output.detach().double().square().mean().item(), rel=1e-6)
