"""The networks of section 4.2 (CIFAR), of Table 1 and Fig. 3 (ImageNet), built from their specs.

Modules are named as in torchvision: conv1, bn1, layer1.0.conv1, ..., layer3.2.bn2, fc. The layers
and blocks that probes measure are found here, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from resnet_core.networks import blocks
from resnet_core.networks.blocks import Block, Layers
from resnet_core.networks.initialization import initialize
from resnet_core.specs import geometry
from resnet_core.specs.cifar import NetworkSpec
from resnet_core.specs.geometry import BlockGeometry
from resnet_core.specs.imagenet import ImageNetSpec
from resnet_core.specs.names import Spec


@dataclass(frozen=True)
class ResponseSite:
    """A 3x3 layer with the module whose output is its response (Fig. 7).

    Attributes:
        layer_name: the convolution's name in the state dict.
        conv: the convolution.
        bn: the BN after the convolution, or None. Its output, or without it the
            convolution's, is the response: what the next nonlinearity or addition receives.
    """

    layer_name: str
    conv: nn.Conv2d
    bn: nn.BatchNorm2d | None


def architecture(spec: Spec) -> nn.Module:
    """Return the network's modules with torch's initial values, on torch's default device."""
    if isinstance(spec, ImageNetSpec):
        if not spec.is_reference:
            return ImageNetNet(spec)
        # Imported here: torchvision takes a second, and other networks do not need it.
        from resnet_core.networks.references import reference

        return reference(spec)
    if spec.family == "preresnet":
        return CifarPreActivationNet(spec)
    return CifarNet(spec)


def build(spec: Spec, seed: int) -> nn.Module:
    """Return the network on the CPU in float32, initialised from the seed.

    The same spec and seed give the same values. No global random state is read or set: the
    modules are first built on the meta device, which draws nothing.
    """
    with torch.device("meta"):
        model = architecture(spec)
    model.to_empty(device="cpu")
    initialize(model, spec.initialization, seed)
    return model


def block_sites(model: nn.Module) -> list[tuple[str, Block]]:
    """Return the blocks with their names in the state dict; VGG and GoogLeNet have none."""
    return [(name, module) for name, module in model.named_modules() if isinstance(module, Block)]


def response_sites(model: nn.Module) -> list[ResponseSite]:
    """Return the 3x3 layers, first to last: a CIFAR network's stem, then those of each block.

    A preresnet's stem, the last layer of each of its branches and VGG's layers have no BN
    after them: their outputs go into an addition or a nonlinearity as they are.
    """
    layers = list(model.named_modules())  # a layer's BN is the module registered after it
    followers = [layer for _, layer in layers[1:]] + [None]
    return [
        ResponseSite(name, layer, follower if isinstance(follower, nn.BatchNorm2d) else None)
        for (name, layer), follower in zip(layers, followers, strict=True)
        if isinstance(layer, nn.Conv2d) and layer.kernel_size == (3, 3)
    ]


class CifarNet(nn.Module):
    """Plain, residual and highway networks, all with the nonlinearity after the convolutions.

    A 3x3 stem, three stages of blocks, a linear classifier.
    """

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


class ImageNetNet(nn.Module):
    """Plain and residual networks of 18 to 152 layers: a 7x7 stem and four stages of blocks.

    Images of 224 x 224 pixels become maps of 7 x 7. These are pooled over their whole extent,
    so the classifier accepts maps of any size (section 3.4 tests at several).
    """

    def __init__(self, spec: ImageNetSpec) -> None:
        super().__init__()
        layers = Layers.of(spec)
        self.conv1 = layers.convolution(spec.channels, spec.width, kernel=7, stride=2)
        self.bn1 = layers.normalization(spec.width)
        self.activation = layers.activation()
        self.maxpool = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        self.layer1, self.layer2, self.layer3, self.layer4 = _stages(spec, layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(spec.features, spec.classes)

    def forward(self, x: Tensor) -> Tensor:  # B, C, H, W -> B, classes
        x = self.maxpool(self.activation(self.bn1(self.conv1(x))))  # B, 64, H / 4, W / 4
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(self.avgpool(x).flatten(1))


def _stages(spec: Spec, layers: Layers) -> list[nn.Sequential]:
    """Return the blocks that `geometry.blocks` lays out, a sequence for each stage."""
    stages = [nn.Sequential() for _ in spec.stage_blocks]
    for place in geometry.blocks(spec):
        stages[place.stage - 1].append(BLOCKS[spec.family](spec, layers, place))
    return stages


def _plain(spec: Spec, layers: Layers, place: BlockGeometry) -> Block:
    branch = blocks.post_activation(layers, _convolutions(spec, layers, place))
    return blocks.PlainBlock(branch, layers.activation())


def _residual(spec: Spec, layers: Layers, place: BlockGeometry) -> Block:
    branch = blocks.post_activation(layers, _convolutions(spec, layers, place))
    return blocks.ResidualBlock(branch, _shortcut(spec, layers, place), layers.activation())


def _pre_activation(spec: Spec, layers: Layers, place: BlockGeometry) -> Block:
    branch = blocks.pre_activation(layers, _convolutions(spec, layers, place))
    return blocks.PreActivationBlock(branch, _shortcut(spec, layers, place))


def _highway(spec: Spec, layers: Layers, place: BlockGeometry) -> Block:
    # The gate is a 1x1 convolution with a bias and no BN, as in He et al. 2016, section 3.1.
    branch = blocks.post_activation(layers, _convolutions(spec, layers, place))
    gate = blocks.pointwise(place.in_channels, place.out_channels, place.stride, bias=True)
    shortcut = _shortcut(spec, layers, place)
    return blocks.HighwayBlock(branch, shortcut, layers.activation(), gate)


BLOCKS: dict[str, Callable[[Spec, Layers, BlockGeometry], Block]] = {
    "plain": _plain,
    "resnet": _residual,
    "preresnet": _pre_activation,
    "highway": _highway,
}


def _convolutions(spec: Spec, layers: Layers, place: BlockGeometry) -> list[nn.Conv2d]:
    entry = (layers, place.in_channels, place.filters)
    if spec.block == "bottleneck":
        return blocks.bottleneck(*entry, place.out_channels, place.stride, spec.stride_in)
    return blocks.basic(*entry, place.stride, spec.layers_per_block)


def _shortcut(spec: Spec, layers: Layers, place: BlockGeometry) -> nn.Module:
    shape = (place.in_channels, place.out_channels, place.stride)
    if place.shortcut == "projection":
        return blocks.Projection(layers, *shape)
    if place.shortcut == "zero-padding":
        return blocks.ZeroPadding(*shape, spec.option_a_padding)
    return nn.Identity()
