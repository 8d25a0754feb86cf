"""Build a network from its spec, and find the layers in it that probes measure."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from resnet_core.networks.blocks import Block
from resnet_core.networks.initialization import initialize
from resnet_core.networks.resnet import CifarNet, CifarPreActivationNet, ImageNetNet
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
