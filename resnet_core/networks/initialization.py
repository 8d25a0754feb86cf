"""Initial weights.

Each tensor has a separate generator, seeded by the network's seed and the tensor's name. Layers
that two networks share therefore start equal, whatever else the networks contain: a plain and
a residual network are equal tensor by tensor, and a projection (option B) or a gate (highway)
changes no other layer's draw. One generator for the whole network would change every tensor
after the first difference, and comparing two curves would also compare two initialisations.
"""

from __future__ import annotations

import hashlib
import math

import torch
from torch import Tensor, nn

from resnet_core.networks.blocks import HighwayBlock, PreActivationBlock, ResidualBlock
from resnet_core.specs.cifar import Initialization

# Srivastava et al. 2015, section 2.2: negative, so that a block first passes x on. Here
# T = sigmoid(-2) = 0.12. In short runs of 20 layers -2 and -1 learned equally well, -3 and
# -5 less.
GATE_BIAS = -2.0
SMALL_STD = 0.01


@torch.no_grad()
def initialize(model: nn.Module, initialization: Initialization, seed: int) -> None:
    """Set every parameter and buffer; no global random state is read or set.

    `he`: normal with variance 2 / fan-in (He et al. 2015, eq. 10). `xavier`: normal with
    variance 2 / (fan-in + fan-out). `small_normal`: standard deviation 0.01. `zero_last`: he,
    then `zero_last_layer` of every block. Biases are 0 (gates: -2), BN's scale is 1, its
    shift 0.
    """
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            std = _std(module.weight, initialization)
            module.weight.normal_(0.0, std, generator=generator(seed, f"{name}.weight"))
            if module.bias is not None:
                module.bias.zero_()
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
    for module in model.modules():
        if isinstance(module, HighwayBlock):
            module.gate.get_parameter("bias").fill_(GATE_BIAS)
        if initialization == "zero_last":
            zero_last_layer(module)


def zero_last_layer(module: nn.Module) -> None:
    """Make F(x) = 0 where it is added to a shortcut, so that the block starts as its shortcut.

    Zero the last weight of the branch: a BN's scale (Goyal et al. 2017, section 5.1), or the
    convolution (Zhang et al. 2019) where the branch ends in one. Other modules, plain and
    highway blocks among them, are left alone: without an addition the ReLU's input would be 0,
    where it passes no gradient, and F(x) would stay 0.
    """
    if isinstance(module, ResidualBlock | PreActivationBlock):
        weighted = [name for name in module.branch if hasattr(getattr(module, name), "weight")]
        getattr(module, weighted[-1]).weight.zero_()


def _std(weight: Tensor, initialization: Initialization) -> float:
    fan_out, fan_in = weight.shape[0], weight.shape[1]
    area = weight[0, 0].numel()  # of the kernel; 1 in a fully connected layer
    if initialization == "small_normal":
        return SMALL_STD
    if initialization == "xavier":
        return math.sqrt(2 / ((fan_in + fan_out) * area))
    return math.sqrt(2 / (fan_in * area))


def generator(seed: int, purpose: str) -> torch.Generator:
    """Return a generator on the CPU for one purpose, such as a tensor's name or the "order" of
    images: what is drawn for one purpose never shifts another's numbers."""
    return torch.Generator().manual_seed(generator_seed(seed, purpose))


def generator_seed(seed: int, purpose: str) -> int:
    """Return the seed of such a generator, 63 bits."""
    digest = hashlib.sha256(f"{seed}:{purpose}".encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1
