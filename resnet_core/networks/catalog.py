"""Networks by their description, and the places in them where probes measure."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from resnet_core.networks.blocks import Block
from resnet_core.networks.imagenet import ImageNetNet
from resnet_core.networks.initialization import initialize
from resnet_core.networks.resnet import CifarNet, CifarPreActivationNet
from resnet_core.specs.imagenet import ImageNetSpec
from resnet_core.specs.names import Spec


@dataclass(frozen=True)
class ResponseSite:
    """A 3x3 layer whose response is measured (Fig. 7).

    Attributes:
        layer_name: the convolution's name in the state dict.
        conv: the convolution.
        bn: the BN that takes the convolution's output and nothing else's, or None. Its
            output, or without it the convolution's, is the response: what the next
            nonlinearity or addition receives.
    """

    layer_name: str
    conv: nn.Conv2d
    bn: nn.BatchNorm2d | None


def architecture(spec: Spec) -> nn.Module:
    """The network's modules, with torch's own initial values, on torch's default device."""
    if isinstance(spec, ImageNetSpec):
        if not spec.is_reference:
            return ImageNetNet(spec)
        # torchvision takes a second to import, which workers for other networks do not wait.
        from resnet_core.networks.references import reference

        return reference(spec)
    if spec.family == "preresnet":
        return CifarPreActivationNet(spec)
    return CifarNet(spec)


def build(spec: Spec, seed: int) -> nn.Module:
    """The network on the CPU in float32, initialised as `spec` says from the seed.

    The same spec and seed give the same values, and no global random state is read or set:
    the modules are made without memory first, which draws nothing.
    """
    with torch.device("meta"):
        model = architecture(spec)
    model.to_empty(device="cpu")
    initialize(model, spec.initialization, seed)
    return model


def block_sites(model: nn.Module) -> list[tuple[str, Block]]:
    """The blocks and their names in the state dict, first to last; VGG and GoogLeNet have none."""
    return [(name, module) for name, module in model.named_modules() if isinstance(module, Block)]


def response_sites(model: nn.Module) -> list[ResponseSite]:
    """The 3x3 layers, first to last: a CIFAR network's stem, then those of every block.

    A preresnet's stem and the last layer of each of its branches have no BN of their own,
    nor have VGG's layers; their responses go as they are into an addition or a nonlinearity.
    """
    layers = list(model.named_modules())  # a layer's BN is the module registered after it
    followers = [layer for _, layer in layers[1:]] + [None]
    return [
        ResponseSite(name, layer, follower if isinstance(follower, nn.BatchNorm2d) else None)
        for (name, layer), follower in zip(layers, followers, strict=True)
        if isinstance(layer, nn.Conv2d) and layer.kernel_size == (3, 3)
    ]
