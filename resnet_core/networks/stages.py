"""Stages of blocks, which CIFAR's and ImageNet's networks have in common."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn

from resnet_core.networks import branches
from resnet_core.networks.blocks import (
    Block,
    HighwayBlock,
    PlainBlock,
    PreActivationBlock,
    ResidualBlock,
)
from resnet_core.networks.layers import Layers, pointwise
from resnet_core.networks.shortcuts import Projection, ZeroPadding
from resnet_core.specs import geometry
from resnet_core.specs.geometry import BlockGeometry
from resnet_core.specs.names import Spec


def stages(spec: Spec, layers: Layers) -> list[nn.Sequential]:
    """The blocks that `geometry.blocks` lays out, a sequence for each stage."""
    make_block = BLOCKS[spec.family]
    made = [nn.Sequential() for _ in spec.stage_blocks]
    for place in geometry.blocks(spec):
        made[place.stage - 1].append(make_block(spec, layers, place))
    return made


def _plain(spec: Spec, layers: Layers, place: BlockGeometry) -> Block:
    branch = branches.post_activation(layers, _convolutions(spec, layers, place))
    return PlainBlock(branch, layers.activation())


def _residual(spec: Spec, layers: Layers, place: BlockGeometry) -> Block:
    branch = branches.post_activation(layers, _convolutions(spec, layers, place))
    return ResidualBlock(branch, _shortcut(spec, layers, place), layers.activation())


def _pre_activation(spec: Spec, layers: Layers, place: BlockGeometry) -> Block:
    branch = branches.pre_activation(layers, _convolutions(spec, layers, place))
    return PreActivationBlock(branch, _shortcut(spec, layers, place))


def _highway(spec: Spec, layers: Layers, place: BlockGeometry) -> Block:
    """The gate is a 1x1 convolution with a bias and no BN, as in He et al. 2016, section 3.1."""
    branch = branches.post_activation(layers, _convolutions(spec, layers, place))
    gate = pointwise(place.in_channels, place.out_channels, place.stride, bias=True)
    return HighwayBlock(branch, _shortcut(spec, layers, place), layers.activation(), gate)


BLOCKS: dict[str, Callable[[Spec, Layers, BlockGeometry], Block]] = {
    "plain": _plain,
    "resnet": _residual,
    "preresnet": _pre_activation,
    "highway": _highway,
}


def _convolutions(spec: Spec, layers: Layers, place: BlockGeometry) -> list[nn.Conv2d]:
    if spec.block == "bottleneck":
        return branches.bottleneck(
            layers,
            place.in_channels,
            place.filters,
            place.out_channels,
            place.stride,
            spec.stride_in,
        )
    return branches.basic(
        layers, place.in_channels, place.filters, place.stride, spec.layers_per_block
    )


def _shortcut(spec: Spec, layers: Layers, place: BlockGeometry) -> nn.Module:
    if place.shortcut == "projection":
        return Projection(layers, place.in_channels, place.out_channels, place.stride)
    if place.shortcut == "zero-padding":
        return ZeroPadding(
            place.in_channels, place.out_channels, place.stride, spec.option_a_padding
        )
    return nn.Identity()
