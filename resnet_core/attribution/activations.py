"""What layers say about a picture, and what meets at every addition."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from resnet_core.networks.blocks import Block, HighwayBlock, ShortcutBlock
from resnet_core.networks.catalog import block_sites


@dataclass(frozen=True)
class Addition:
    """A block's maps, B, C, H, W each.

    Attributes:
        x: what enters.
        branch: what the branch gives to the sum: F(x); of a highway block T(x) H(x).
        shortcut: what the shortcut gives: x or what stands for it; of a highway block
            (1 - T(x)) x; None in a plain block, where nothing is added.
        total: their sum, before any nonlinearity; of a plain block F(x) itself.
        y: what leaves.
    """

    block: str
    x: Tensor
    branch: Tensor
    shortcut: Tensor | None
    total: Tensor
    y: Tensor

    def parts(self) -> dict[str, Tensor]:
        """Those that there are, by name, in the order in which they come about."""
        if self.shortcut is None:
            return {"x": self.x, "branch": self.branch, "y": self.y}
        summed = {"shortcut": self.shortcut, "total": self.total}
        return {"x": self.x, "branch": self.branch, **summed, "y": self.y}


@torch.no_grad()
def additions(model: nn.Module, images: Tensor) -> list[Addition]:
    """Of every block, first to last. VGG and GoogLeNet have none."""
    entered = inputs(model, images, [name for name, _ in block_sites(model)])
    return [addition(name, block, entered[name]) for name, block in block_sites(model)]


@torch.no_grad()
def addition(name: str, block: Block, x: Tensor) -> Addition:
    """What the block adds to what, from what enters it."""
    branch = block.residual(x)
    shortcut = block.shortcut(x) if isinstance(block, ShortcutBlock) else None
    if isinstance(block, HighwayBlock):
        gate = block.transform(x)
        branch, shortcut = gate * block.activation(branch), (1 - gate) * block.shortcut(x)
    total = branch if shortcut is None else branch + shortcut
    return Addition(name, x, branch, shortcut, total, block(x))


@torch.no_grad()
def inputs(model: nn.Module, images: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
    """What enters these modules."""
    found: dict[str, Tensor] = {}

    def keep(name: str, given: tuple[Tensor, ...]) -> None:
        found[name] = given[0].clone()

    hooks = [
        model.get_submodule(name).register_forward_pre_hook(
            lambda _, given, name=name: keep(name, given)
        )
        for name in names
    ]
    return _watched(model, images, hooks, found)


@torch.no_grad()
def outputs(model: nn.Module, images: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
    """What leaves these modules, in the order in which they are used."""
    found: dict[str, Tensor] = {}

    def keep(name: str, output: Tensor) -> None:
        found[name] = output.clone()

    hooks = [
        model.get_submodule(name).register_forward_hook(
            lambda _, __, output, name=name: keep(name, output)
        )
        for name in names
    ]
    return _watched(model, images, hooks, found)


def layers(model: nn.Module, images: Tensor) -> dict[str, Tensor]:
    """The outputs, B, C, H, W, of all layers that give feature maps, in the order of their use."""
    leaves = [name for name, module in model.named_modules() if not any(module.children())]
    kept = outputs(model, images, [name for name in leaves if name])
    return {name: output for name, output in kept.items() if output.dim() == 4}


def _watched(
    model: nn.Module,
    images: Tensor,
    hooks: list[torch.utils.hooks.RemovableHandle],
    found: dict[str, Tensor],
) -> dict[str, Tensor]:
    try:
        model(images)
    finally:
        for hook in hooks:
            hook.remove()
    return found
