"""Cascading randomisation (Adebayo et al. 2018): the network is forgotten, from its head on.

A map that explains what a network has learned must change when that is lost.
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
    """What is randomised at each step: modules with weights, from the head to the stem.

    Blocks are whole, BN goes with what is before it; of long networks several go together,
    but the head and the stem alone.
    """
    units: list[list[str]] = []
    for name, module in model.named_modules():
        inside = any(name.startswith(f"{known}.") for unit in units for known in unit)
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
    """The network with more and more of it as in `fresh`: the last part's name, and the copy.

    Args:
        fresh: the same architecture with other weights; must not be the start of this
            network's own training, which a trained one still resembles.
        images: B, C, H, W, whose statistics the randomised BN takes, for those of a
            network that has not been trained are none.

    Yields:
        the same copy each time, changed further.
    """
    changing = copy.deepcopy(model).eval()
    lost: list[nn.Module] = []
    for names in parts(model, most):
        for name in names:
            part = changing.get_submodule(name)
            part.load_state_dict(fresh.get_submodule(name).state_dict())
            lost.append(part)
        _take_statistics(changing, lost, images)
        yield names[-1] if len(names) == 1 else _said(names), changing


@torch.no_grad()
def _take_statistics(model: nn.Module, lost: list[nn.Module], images: Tensor) -> None:
    layers = [
        layer for part in lost for layer in part.modules() if isinstance(layer, nn.BatchNorm2d)
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
    """A block, or a layer with weights of its own."""
    own = any(True for _ in module.parameters(recurse=False))
    return isinstance(module, Block) or own


def _said(names: list[str]) -> str:
    """ "layer3.2" of a block and the BN after it; "first … last" of several blocks."""
    blocks = [name for name in names if "bn" not in name.rsplit(".", 1)[-1]]
    return blocks[0] if len(blocks) == 1 else f"{blocks[0]} … {blocks[-1]}"
