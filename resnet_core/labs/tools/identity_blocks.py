"""The constructed solution of section 1: a deep network that is a shallow one and copies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from resnet_core.networks.blocks import Block, PlainBlock
from resnet_core.networks.catalog import block_sites, build
from resnet_core.networks.initialization import zero_last_layer
from resnet_core.specs.cifar import STAGES, NetworkSpec

_ROUNDING = 2e-7  # relative, a little more than float32's
_TRIES = 100


@dataclass(frozen=True)
class Statistics:
    """Mean and variance of every channel of a block's output, C each."""

    mean: Tensor
    variance: Tensor


def deeper(spec: NetworkSpec, factor: int) -> NetworkSpec:
    """The network with `factor` times as many blocks in every stage."""
    blocks = STAGES * spec.blocks_per_stage * factor
    return replace(spec, depth=blocks * spec.layers_per_block + 2)


def grafted(shallow: nn.Module, spec: NetworkSpec, factor: int, images: Tensor) -> nn.Module:
    """The shallow network's blocks, each followed by factor - 1 blocks that copy their input.

    Args:
        shallow: on the CPU or a device, in evaluation mode.
        images: N, C, H, W, on which the copying blocks' BN is set.

    Returns:
        a network on the same device, in evaluation mode, with the same outputs.
    """
    seen = output_statistics(shallow, images)
    deep = build(deeper(spec, factor), seed=0)
    theirs = dict(block_sites(shallow))
    own = shallow.state_dict()
    blocks = {f"{name}." for name in theirs}
    outside = {k: v for k, v in own.items() if not any(k.startswith(name) for name in blocks)}
    deep.load_state_dict(outside, strict=False)
    for name, block in block_sites(deep):
        stage, index = name.split(".")
        source = f"{stage}.{int(index) // factor}"
        if int(index) % factor == 0:
            block.load_state_dict(theirs[source].state_dict())
        else:
            copy_input(block, seen[source])
    return deep.to(images.device).eval()


@torch.no_grad()
def copy_input(block: Block, seen: Statistics) -> None:
    """Set the block's weights so that H(x) = x for every x >= 0.

    With a shortcut that is F = 0. Without one, every 3x3 kernel becomes the identity, 1 in the
    middle of its own channel, and every BN gives back what it takes: then ReLU changes nothing,
    as x has come out of one.
    """
    if not isinstance(block, PlainBlock):
        zero_last_layer(block)
        return
    for name in block.branch:
        layer = getattr(block, name)
        if isinstance(layer, nn.Conv2d):
            nn.init.dirac_(layer.weight)
        elif isinstance(layer, nn.BatchNorm2d):
            give_back(layer, seen)


@torch.no_grad()
def give_back(bn: nn.BatchNorm2d, seen: Statistics) -> None:
    """gamma (x - mean) / sqrt(var + eps) + beta = x, with gamma = sqrt(var + eps), beta = mean.

    Mean and variance are those that x really has. In evaluation mode any would do; but in
    training mode BN subtracts and divides by the mini-batch's own, and the copy is as good as
    these are near to gamma and beta. Where gamma / sqrt(var + eps) is not 1 to the last bit,
    another variance is tried, a rounding error away.
    """
    bn.eval()
    bn.running_mean, bn.running_var = seen.mean.clone(), seen.variance.clone()
    bn.bias.copy_(seen.mean)
    probe = torch.linspace(0, 4, 64)[:, None] * (seen.mean.abs() + seen.variance.sqrt())  # N, C
    for _ in range(_TRIES):
        bn.weight.copy_(torch.sqrt(bn.running_var + bn.eps))
        inexact = (bn(probe[:, :, None, None])[:, :, 0, 0] != probe).any(0)
        if not inexact.any():
            return
        bn.running_var[inexact] *= 1 + _ROUNDING


@torch.no_grad()
def output_statistics(model: nn.Module, images: Tensor) -> Mapping[str, Statistics]:
    """Of every block's output, evaluation mode, over images and pixels, on the CPU."""
    found: dict[str, Statistics] = {}

    def keep(name: str, output: Tensor) -> None:
        variance, mean = torch.var_mean(output.double(), dim=(0, 2, 3), correction=0)
        found[name] = Statistics(mean.float().cpu(), variance.float().cpu())

    hooks = [
        block.register_forward_hook(lambda _, __, output, name=name: keep(name, output))
        for name, block in block_sites(model)
    ]
    try:
        model(images)
    finally:
        for hook in hooks:
            hook.remove()
    return found
