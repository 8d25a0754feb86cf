"""Cascading randomisation (Adebayo et al. 2018): weights become random, head first.

A map that explains a trained network must change when its weights are lost.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import chain

import torch
from torch import Tensor, nn

from resnet_core.networks.blocks import Block

MOST_STEPS = 12


def parts(model: nn.Module, most: int = MOST_STEPS) -> list[list[str]]:
    """Return the modules with weights that each step randomises, from the head to the stem.

    A block is one unit, and BN belongs to the layer before it. In long networks a step takes
    several units; the head and the stem are steps by themselves.
    """
    units: list[list[str]] = []
    for name, module in model.named_modules():
        inside = any(name.startswith(f"{other}.") for unit in units for other in unit)
        if inside or not _is_unit(module):
            continue
        if isinstance(module, nn.BatchNorm2d) and units:
            units[-1].append(name)
        else:
            units.append([name])
    units.reverse()
    head, between, stem = units[:1], units[1:-1], units[-1:]
    size = -(-len(between) // max(1, most - 2)) or 1
    grouped = [[*chain(*between[i : i + size])] for i in range(0, len(between), size)]
    return head + grouped + stem


def cascade(
    model: nn.Module, fresh: nn.Module, images: Tensor, most: int = MOST_STEPS
) -> Iterator[tuple[str, nn.Module]]:
    """Replace more and more of a copy's weights by those of `fresh`.

    Args:
        fresh: the same architecture with other weights; not the initial weights of this
            network's training, which a trained network still resembles.
        images: B, C, H, W, from which the randomised BN layers take their statistics: an
            untrained network has none.

    Yields:
        the name of the part replaced last, and the copy, the same one each time.
    """
    network = copy.deepcopy(model).eval()
    randomised: list[nn.Module] = []
    for names in parts(model, most):
        for name in names:
            part = network.get_submodule(name)
            part.load_state_dict(fresh.get_submodule(name).state_dict())
            randomised.append(part)
        _set_statistics(network, randomised, images)
        yield names[-1] if len(names) == 1 else _label(names), network


@torch.no_grad()
def _set_statistics(model: nn.Module, parts: list[nn.Module], images: Tensor) -> None:
    layers = [
        layer for part in parts for layer in part.modules() if isinstance(layer, nn.BatchNorm2d)
    ]
    if not layers:
        return
    before = [layer.momentum for layer in layers]
    try:
        for layer in layers:
            layer.momentum = 1.0
            layer.train()
        model(images)
    finally:
        for layer, momentum in zip(layers, before, strict=True):
            layer.momentum = momentum
        model.eval()


def _is_unit(module: nn.Module) -> bool:
    """Return True for a block, or a layer that owns weights."""
    own = any(True for _ in module.parameters(recurse=False))
    return isinstance(module, Block) or own


def _label(names: list[str]) -> str:
    """Return "layer3.2" for a block and the BN after it, "first … last" for several blocks."""
    blocks = [name for name in names if "bn" not in name.rsplit(".", 1)[-1]]
    return blocks[0] if len(blocks) == 1 else f"{blocks[0]} … {blocks[-1]}"
