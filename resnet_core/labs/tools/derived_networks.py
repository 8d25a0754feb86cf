"""Networks made from a trained one: before its training, during it, and deeper by identity blocks.

How an imported network began is not in its file; the paper's initialisation stands in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from resnet_core.attribution.explanation import restored_hooks
from resnet_core.labs.tools.trained_network import TrainedNetwork, read_weights
from resnet_core.networks.blocks import Block, PlainBlock
from resnet_core.networks.catalog import block_sites, build
from resnet_core.networks.initialization import zero_last_layer
from resnet_core.runs import queries
from resnet_core.specs.cifar import STAGES, NetworkSpec
from resnet_core.training.checkpoint.files import load_checkpoint
from resnet_core.training.checkpoint.folder import checkpoint_at

_START = 0  # needs no file: the seed determines the initial weights
_ROUNDING = 2e-7  # relative, a little more than float32's
_TRIES = 100


# Before training


def initial_network(
    network: TrainedNetwork, images: Tensor, *, batch_norm: bool | None = None
) -> nn.Module:
    """The network with its initial weights, in evaluation mode.

    Its BN normalises by the statistics of these images: before any update the running ones
    are 0 and 1, with which BN would do nothing.

    Args:
        images: B, C, H, W.
        batch_norm: with BN or without; None: as it was trained. Without, convolutions have
            the same weights and a bias of 0.
    """
    experiment = network.experiment
    if batch_norm is not None:
        experiment = experiment.changed(batch_norm=batch_norm)
    model = build(network.spec_of(experiment), experiment.seed)
    return set_batch_statistics(model.to(network.device), images)


@torch.no_grad()
def set_batch_statistics(
    model: nn.Module, images: Tensor, batch_size: int | None = None
) -> nn.Module:
    """Make these images' statistics BN's running ones; return the model in evaluation mode.

    Args:
        batch_size: of mini-batches over which mean and variance are averaged; None: one of all.
    """
    layers = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # the plain average over the mini-batches
    try:
        model.train()
        for part in images.split(batch_size or len(images)):
            model(part)
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
    return model.eval()


# During training


def saved_iterations(network: TrainedNetwork) -> list[int]:
    """Iterations of which there are weights, rising; 0 included where there are others.

    A fork did not begin as its seed says, and an import's beginning is not known.
    """
    run = queries.described(network.id)
    folder = queries.folder(run)
    saved = folder.earlier_iterations() if run.recorded else folder.kept_iterations()
    on_the_way = any(iteration < network.iteration for iteration in saved)
    return [_START, *saved] if on_the_way and run.parent is None else saved


def at_iteration(network: TrainedNetwork, iteration: int) -> TrainedNetwork:
    """The network after so many updates.

    Raises:
        CheckpointError: there are no such weights, or they are damaged.
    """
    if iteration == _START:
        weights = build(network.spec, network.experiment.seed).state_dict()
    else:
        weights = _saved_weights(network, iteration)
    return replace(network, weights=weights, iteration=iteration)


def _saved_weights(network: TrainedNetwork, iteration: int) -> dict[str, Tensor]:
    run = queries.described(network.id)
    folder = queries.folder(run)
    if not run.recorded:
        return load_checkpoint(checkpoint_at(folder.checkpoints, iteration)).weights
    return read_weights(folder.earlier_weights(iteration))


# Deeper by identity blocks: the constructed solution of section 1


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
    """The shallow network's blocks, each followed by factor - 1 identity blocks.

    Args:
        shallow: on the CPU or a device, in evaluation mode.
        images: N, C, H, W, from which the identity blocks' BN is set.

    Returns:
        A network on the same device, in evaluation mode, with the same outputs.
    """
    statistics = output_statistics(shallow, images)
    deep = build(deeper(spec, factor), seed=0)
    shallow_blocks = dict(block_sites(shallow))
    prefixes = tuple(f"{name}." for name in shallow_blocks)
    outside = {k: v for k, v in shallow.state_dict().items() if not k.startswith(prefixes)}
    deep.load_state_dict(outside, strict=False)
    for name, block in block_sites(deep):
        stage, index = name.split(".")
        source = f"{stage}.{int(index) // factor}"
        if int(index) % factor == 0:
            block.load_state_dict(shallow_blocks[source].state_dict())
        else:
            make_identity(block, statistics[source])
    return deep.to(images.device).eval()


@torch.no_grad()
def make_identity(block: Block, statistics: Statistics) -> None:
    """Set the block's weights so that H(x) = x for every x >= 0.

    With a shortcut that is F = 0. Without one, every 3x3 kernel becomes the identity, 1 in the
    middle of its own channel, and every BN returns its input: then ReLU changes nothing, as x
    is the output of one.
    """
    if not isinstance(block, PlainBlock):
        zero_last_layer(block)
        return
    for name in block.branch:
        layer = getattr(block, name)
        if isinstance(layer, nn.Conv2d):
            nn.init.dirac_(layer.weight)
        elif isinstance(layer, nn.BatchNorm2d):
            make_identity_bn(layer, statistics)


@torch.no_grad()
def make_identity_bn(bn: nn.BatchNorm2d, statistics: Statistics) -> None:
    """gamma (x - mean) / sqrt(var + eps) + beta = x, with gamma = sqrt(var + eps), beta = mean.

    Mean and variance are those of x. In evaluation mode any would do; but in training mode BN
    subtracts and divides by the mini-batch's own, and the error of the identity is their
    distance from gamma and beta. Where gamma / sqrt(var + eps) is not 1 to the last bit,
    another variance is tried, a rounding error away.
    """
    bn.eval()
    mean, variance = statistics.mean, statistics.variance
    bn.running_mean, bn.running_var = mean.clone(), variance.clone()
    bn.bias.copy_(mean)
    probe = torch.linspace(0, 4, 64)[:, None] * (mean.abs() + variance.sqrt())  # N, C
    for _ in range(_TRIES):
        bn.weight.copy_(torch.sqrt(bn.running_var + bn.eps))
        inexact = (bn(probe[:, :, None, None])[:, :, 0, 0] != probe).any(0)
        if not inexact.any():
            return
        bn.running_var[inexact] *= 1 + _ROUNDING


@torch.no_grad()
def output_statistics(model: nn.Module, images: Tensor) -> Mapping[str, Statistics]:
    """Statistics of every block's output over images and pixels; evaluation mode, on the CPU."""
    statistics: dict[str, Statistics] = {}

    def measure(name: str, output: Tensor) -> None:
        variance, mean = torch.var_mean(output.double(), dim=(0, 2, 3), correction=0)
        statistics[name] = Statistics(mean.float().cpu(), variance.float().cpu())

    with restored_hooks(model):
        for name, block in block_sites(model):
            block.register_forward_hook(lambda _, __, output, name=name: measure(name, output))
        model(images)
    return statistics
