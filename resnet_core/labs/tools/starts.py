"""Starts other than a seed's, and layers that have the identity in them. 3x3 layers only."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_core.attribution.explanation import restored_hooks
from resnet_core.networks.catalog import response_sites
from resnet_core.networks.initialization import generator


@torch.no_grad()
def near_identity(model: nn.Module, noise: float) -> None:
    """Let every layer pass its input on, plus `noise` times the weights it has.

    With BN a start that only has another scale than He's is the same function; this one is not.
    """
    for site in response_sites(model):
        site.conv.weight.mul_(noise).add_(identity(site.conv))


@torch.no_grad()
def orthogonal(model: nn.Module, seed: int) -> None:
    """Give every kernel a random orthogonal matrix in its middle and 0 elsewhere.

    Delta-orthogonal, Xiao et al. 2018, section 3: a convolution that keeps every length. Where
    the channels change it is a part of such a matrix.
    """
    for site in response_sites(model):
        weight = site.conv.weight  # out, in, 3, 3
        chance = generator(seed, f"{site.layer_name}.orthogonal")
        matrix = nn.init.orthogonal_(torch.empty(weight.shape[:2]), generator=chance)
        weight.zero_()
        weight[:, :, weight.shape[2] // 2, weight.shape[3] // 2] = matrix


def identity(convolution: nn.Conv2d) -> Tensor:
    """The kernel that passes its input on, as many channels as there are on both sides."""
    return nn.init.dirac_(torch.empty_like(convolution.weight))


@contextmanager
def leaky(model: nn.Module, slope: float) -> Iterator[None]:
    """Give every leaky ReLU this slope below 0 until the context ends."""
    layers = [module for module in model.modules() if isinstance(module, nn.LeakyReLU)]
    before = [layer.negative_slope for layer in layers]
    try:
        for layer in layers:
            layer.negative_slope = slope
        yield
    finally:
        for layer, own in zip(layers, before, strict=True):
            layer.negative_slope = own


@contextmanager
def dirac_layers(model: nn.Module, first: int = 0) -> Iterator[None]:
    """Compute W x + x in every layer instead of W x until the context ends.

    A Dirac network (Zagoruyko and Komodakis 2017): weight decay pulls its layers to the identity.

    Args:
        first: the layers before it, counted from 0, stay as they are.
    """
    with restored_hooks(model):
        for site in response_sites(model)[first:]:
            kernel = identity(site.conv)

            def add(
                layer: nn.Module, inputs: tuple[Tensor], output: Tensor, kernel: Tensor = kernel
            ) -> Tensor:
                assert isinstance(layer, nn.Conv2d)
                x = inputs[0]
                passed = functional.conv2d(x, kernel, None, layer.stride, layer.padding)
                return output + passed

            site.conv.register_forward_hook(add)
        yield


@torch.no_grad()
def folded(model: nn.Module, count: int | None = None) -> nn.Module:
    """The plain network that a Dirac network is: W + I in place of W.

    Args:
        count: only in so many layers, from the first on; None: in all.
    """
    plain = copy.deepcopy(model)
    for site in response_sites(plain)[:count]:
        site.conv.weight.add_(identity(site.conv))
    return plain
