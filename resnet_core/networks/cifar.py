"""The CIFAR networks of section 4.2: a 3x3 stem, three stages of blocks, a linear classifier.

Modules are named as in torchvision: conv1, bn1, layer1.0.conv1, ..., layer3.2.bn2, fc.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from resnet_core.network_spec import STAGES, Family, NetworkSpec
from resnet_core.networks import branches, geometry
from resnet_core.networks.blocks import (
    Block,
    HighwayBlock,
    PlainBlock,
    PreActivationBlock,
    ResidualBlock,
)
from resnet_core.networks.geometry import BlockGeometry
from resnet_core.networks.layers import Layers
from resnet_core.networks.shortcuts import Projection, ZeroPadding


class CifarNet(nn.Module):
    """Plain, residual and highway networks, all with the nonlinearity after the convolutions."""

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        layers = Layers.of(spec)
        self.conv1 = layers.convolution(spec.channels, spec.width, kernel=3)
        self.bn1 = layers.normalization(spec.width)
        self.activation = layers.activation()
        self.layer1, self.layer2, self.layer3 = _stages(spec, layers)
        self.fc = nn.Linear(spec.features, spec.classes)

    def forward(self, x: Tensor) -> Tensor:  # B, C, H, W -> B, classes
        x = self.activation(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean(dim=(2, 3)))  # global average pooling: B, C


class CifarPreActivationNet(nn.Module):
    """Full pre-activation: every block begins with BN and nonlinearity, and so does the pooling.

    The stem is a bare convolution, as the first block brings its own BN. The pooling's BN and
    nonlinearity are those of He et al. 2016 after the last addition.
    """

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        layers = Layers.of(spec)
        self.conv1 = layers.convolution(spec.channels, spec.width, kernel=3)
        self.layer1, self.layer2, self.layer3 = _stages(spec, layers)
        self.bn = layers.normalization(spec.features)
        self.activation = layers.activation()
        self.fc = nn.Linear(spec.features, spec.classes)

    def forward(self, x: Tensor) -> Tensor:  # B, C, H, W -> B, classes
        x = self.layer3(self.layer2(self.layer1(self.conv1(x))))
        x = self.activation(self.bn(x))
        return self.fc(x.mean(dim=(2, 3)))  # global average pooling: B, C


def _stages(spec: NetworkSpec, layers: Layers) -> list[nn.Sequential]:
    make_block = BLOCKS[spec.family]
    stages = [nn.Sequential() for _ in range(STAGES)]
    for place in geometry.blocks(spec):
        stages[place.stage - 1].append(make_block(spec, layers, place))
    return stages


def _plain(spec: NetworkSpec, layers: Layers, place: BlockGeometry) -> Block:
    branch = branches.post_activation(layers, _convolutions(spec, layers, place))
    return PlainBlock(branch, layers.activation())


def _residual(spec: NetworkSpec, layers: Layers, place: BlockGeometry) -> Block:
    branch = branches.post_activation(layers, _convolutions(spec, layers, place))
    return ResidualBlock(branch, _shortcut(spec, layers, place), layers.activation())


def _pre_activation(spec: NetworkSpec, layers: Layers, place: BlockGeometry) -> Block:
    branch = branches.pre_activation(layers, _convolutions(spec, layers, place))
    return PreActivationBlock(branch, _shortcut(spec, layers, place))


def _highway(spec: NetworkSpec, layers: Layers, place: BlockGeometry) -> Block:
    """The gate is a 1x1 convolution with a bias and no BN, as in He et al. 2016, section 3.1."""
    branch = branches.post_activation(layers, _convolutions(spec, layers, place))
    gate = nn.Conv2d(place.in_channels, place.out_channels, kernel_size=1, stride=place.stride)
    return HighwayBlock(branch, _shortcut(spec, layers, place), layers.activation(), gate)


BLOCKS: dict[Family, Callable[[NetworkSpec, Layers, BlockGeometry], Block]] = {
    "plain": _plain,
    "resnet": _residual,
    "preresnet": _pre_activation,
    "highway": _highway,
}


def _convolutions(spec: NetworkSpec, layers: Layers, place: BlockGeometry) -> list[nn.Conv2d]:
    if spec.block == "bottleneck":
        return branches.bottleneck(
            layers, place.in_channels, place.filters, place.out_channels, place.stride
        )
    return branches.basic(
        layers, place.in_channels, place.filters, place.stride, spec.layers_per_block
    )


def _shortcut(spec: NetworkSpec, layers: Layers, place: BlockGeometry) -> nn.Module:
    if place.shortcut == "projection":
        return Projection(layers, place.in_channels, place.out_channels, place.stride)
    if place.shortcut == "zero-padding":
        return ZeroPadding(
            place.in_channels, place.out_channels, place.stride, spec.option_a_padding
        )
    return nn.Identity()
