"""F(x): two 3x3 convolutions or a bottleneck, normalised and activated after them or before.

A branch is an ordered mapping of names to layers. The block that takes it adopts the
layers under these names (torchvision's: conv1, bn1, conv2, ...).
"""

from __future__ import annotations

from torch import nn

from resnet_core.networks.layers import Layers
from resnet_core.specs.cifar import StrideIn

Branch = dict[str, nn.Module]


def basic(
    layers: Layers, in_channels: int, filters: int, stride: int, count: int = 2
) -> list[nn.Conv2d]:
    """`count` 3x3 convolutions, the first with the stride (Fig. 2; two in the paper)."""
    first = layers.convolution(in_channels, filters, kernel=3, stride=stride)
    return [first, *(layers.convolution(filters, filters, kernel=3) for _ in range(count - 1))]


def bottleneck(
    layers: Layers,
    in_channels: int,
    filters: int,
    out_channels: int,
    stride: int,
    stride_in: StrideIn = "1x1",
) -> list[nn.Conv2d]:
    """1x1 down to `filters`, 3x3, 1x1 up to `out_channels` (Fig. 5, right).

    The stride is in the first 1x1 convolution, as in the paper, or in the 3x3, as in
    torchvision's networks ("v1.5").
    """
    first, second = (stride, 1) if stride_in == "1x1" else (1, stride)
    return [
        layers.convolution(in_channels, filters, kernel=1, stride=first),
        layers.convolution(filters, filters, kernel=3, stride=second),
        layers.convolution(filters, out_channels, kernel=1),
    ]


def post_activation(layers: Layers, convolutions: list[nn.Conv2d]) -> Branch:
    """Convolution, BN, nonlinearity, and again, but for the last nonlinearity (section 3.4).

    Where that one goes, before or after the addition, is for the block to say.
    """
    branch: Branch = {}
    for number, convolution in enumerate(convolutions, start=1):
        branch[f"conv{number}"] = convolution
        branch[f"bn{number}"] = layers.normalization(convolution.out_channels)
        if number < len(convolutions):
            branch[f"activation{number}"] = layers.activation()
    return branch


def pre_activation(layers: Layers, convolutions: list[nn.Conv2d]) -> Branch:
    """BN, nonlinearity, convolution, and again (He et al. 2016, Fig. 4e)."""
    branch: Branch = {}
    for number, convolution in enumerate(convolutions, start=1):
        branch[f"bn{number}"] = layers.normalization(convolution.in_channels)
        branch[f"activation{number}"] = layers.activation()
        branch[f"conv{number}"] = convolution
    return branch
