"""Networks by their description, and the places in them where probes measure."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from resnet_core.network_spec import NetworkSpec
from resnet_core.networks.blocks import Block
from resnet_core.networks.cifar import CifarNet, CifarPreActivationNet
from resnet_core.networks.initialization import initialize


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


def architecture(spec: NetworkSpec) -> nn.Module:
    """The network's modules, with torch's own initial values, on torch's default device."""
    if spec.family == "preresnet":
        return CifarPreActivationNet(spec)
    return CifarNet(spec)


def build(spec: NetworkSpec, seed: int) -> nn.Module:
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
    """The blocks and their names in the state dict, first to last."""
    return [(name, module) for name, module in model.named_modules() if isinstance(module, Block)]


def response_sites(model: nn.Module) -> list[ResponseSite]:
    """The 3x3 layers, first to last: the stem, then those of every block.

    A preresnet's stem and the last layer of each of its branches have no BN of their own;
    their responses go into an addition as they are.
    """
    sites = [_site("conv1", model.get_submodule("conv1"), getattr(model, "bn1", None))]
    for block_name, block in block_sites(model):
        layers = [(name, getattr(block, name)) for name in block.branch]
        followers = [layer for _, layer in layers[1:]] + [None]
        for (name, layer), follower in zip(layers, followers, strict=True):
            if isinstance(layer, nn.Conv2d) and layer.kernel_size == (3, 3):
                sites.append(_site(f"{block_name}.{name}", layer, follower))
    return sites


def _site(name: str, layer: nn.Module, follower: nn.Module | None) -> ResponseSite:
    assert isinstance(layer, nn.Conv2d)
    bn = follower if isinstance(follower, nn.BatchNorm2d) else None
    return ResponseSite(name, layer, bn)
