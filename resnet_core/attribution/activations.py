"""Outputs of layers for a picture, and the terms of every block's addition."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from resnet_core.networks.blocks import Block, HighwayBlock, ShortcutBlock
from resnet_core.networks.catalog import block_sites


@dataclass(frozen=True)
class Addition:
    """A block's maps, B, C, H, W each.

    Attributes:
        x: the block's input.
        branch: the branch's term: F(x); of a highway block T(x) H(x).
        shortcut: the shortcut's term: x, padded or projected; of a highway block
            (1 - T(x)) x; None in a plain block, where nothing is added.
        total: their sum, before any nonlinearity; of a plain block F(x) itself.
        y: the block's output.
    """

    block: str
    x: Tensor
    branch: Tensor
    shortcut: Tensor | None
    total: Tensor
    y: Tensor

    def parts(self) -> dict[str, Tensor]:
        """Return the maps by name in the order of computation, without those it lacks."""
        if self.shortcut is None:
            return {"x": self.x, "branch": self.branch, "y": self.y}
        summed = {"shortcut": self.shortcut, "total": self.total}
        return {"x": self.x, "branch": self.branch, **summed, "y": self.y}


def additions(model: nn.Module, images: Tensor) -> list[Addition]:
    """Return the addition of every block, first to last. VGG and GoogLeNet have none."""
    blocks = block_sites(model)
    entered = inputs(model, images, [name for name, _ in blocks])
    return [addition(name, block, entered[name]) for name, block in blocks]


@torch.no_grad()
def addition(name: str, block: Block, x: Tensor) -> Addition:
    """Return the block's addition for its input x."""
    branch = block.residual(x)
    shortcut = block.shortcut(x) if isinstance(block, ShortcutBlock) else None
    if isinstance(block, HighwayBlock):
        gate = block.transform(x)
        branch, shortcut = gate * block.activation(branch), (1 - gate) * block.shortcut(x)
    total = branch if shortcut is None else branch + shortcut
    return Addition(name, x, branch, shortcut, total, block(x))


def inputs(model: nn.Module, images: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
    """Return the inputs of these modules, by name."""
    return _recorded(model, images, names, outputs=False)


def outputs(model: nn.Module, images: Tensor, names: Iterable[str]) -> dict[str, Tensor]:
    """Return the outputs of these modules by name, in the order of their use."""
    return _recorded(model, images, names, outputs=True)


def layers(model: nn.Module, images: Tensor) -> dict[str, Tensor]:
    """Return the outputs, B, C, H, W, of all layers with feature maps, in order of use."""
    leaves = [name for name, module in model.named_modules() if not any(module.children())]
    tensors = outputs(model, images, [name for name in leaves if name])
    return {name: tensor for name, tensor in tensors.items() if tensor.dim() == 4}


@torch.no_grad()
def _recorded(
    model: nn.Module, images: Tensor, names: Iterable[str], *, outputs: bool
) -> dict[str, Tensor]:
    """Return copies of the modules' inputs or outputs in one pass; the hooks are removed."""
    tensors: dict[str, Tensor] = {}
    with ExitStack() as hooks:
        for name in names:

            def record(
                _: nn.Module, inputs: tuple[Tensor, ...], output: Any = None, name: str = name
            ) -> None:
                tensors[name] = (output if outputs else inputs[0]).clone()

            module = model.get_submodule(name)
            register = module.register_forward_hook if outputs else module.register_forward_pre_hook
            hooks.callback(register(record).remove)
        model(images)
    return tensors
