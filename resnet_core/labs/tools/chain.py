"""A CIFAR network as a chain of steps: its stem, its blocks, its head."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from resnet_core.attribution.explanation import restored_hooks
from resnet_core.labs.tools.trained_network import logits
from resnet_core.networks.blocks import Block
from resnet_core.networks.catalog import CifarPreActivationNet, block_sites, response_sites

Step = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Chain:
    """The steps of a network's forward pass.

    Attributes:
        stem: images (B, C, H, W) -> x_0.
        blocks: the blocks by their names in the state dict, x_l -> x_{l+1}, first to last.
        head: x_L -> logits (B, classes).
    """

    stem: Step
    blocks: tuple[tuple[str, Block], ...]
    head: Step

    @classmethod
    def of(cls, model: nn.Module) -> Chain:
        """The network's own modules, in the mode in which they are."""

        def stem(images: Tensor) -> Tensor:
            x = model.get_submodule("conv1")(images)
            if isinstance(model, CifarPreActivationNet):
                return x
            return model.get_submodule("activation")(model.get_submodule("bn1")(x))

        def head(x: Tensor) -> Tensor:
            if isinstance(model, CifarPreActivationNet):
                x = model.activation(model.bn(x))
            return model.get_submodule("fc")(x.mean(dim=(2, 3)))

        return cls(stem, tuple(block_sites(model)), head)

    def stream(self, images: Tensor) -> Iterator[Tensor]:
        """x_0, x_1, ..., x_L: the input of the first block and the output of each."""
        x = self.stem(images)
        yield x
        for _, block in self.blocks:
            x = block(x)
            yield x

    def logits(self, images: Tensor, blocks: Sequence[Step]) -> Tensor:
        """The outputs with these steps in place of the blocks. N, C, H, W -> N, classes."""

        def forward(x: Tensor) -> Tensor:
            x = self.stem(x)
            for block in blocks:
                x = block(x)
            return self.head(x)

        return logits(forward, images)


def transposed(step: Step, x: Tensor, gradient: Tensor) -> Tensor:
    """The step's transposed Jacobian at x times the gradient at its output."""
    x = x.detach().requires_grad_()
    return torch.autograd.grad(step(x), x, gradient)[0]


def gradient_at_end(chain: Chain, x: Tensor, labels: Tensor) -> Tensor:
    """dL/dx_L of the cross-entropy, summed over the images so that each has its own gradient."""

    def loss(x: Tensor) -> Tensor:
        return functional.cross_entropy(chain.head(x), labels, reduction="sum")

    return transposed(loss, x, torch.ones(()).to(x))


def backward_norms(
    model: nn.Module, images: Tensor, labels: Tensor
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """||dLoss/dW|| and ||dLoss/dy|| of every 3x3 layer y = W * x, training mode; one batch."""
    convolutions = [site.conv for site in response_sites(model)]
    outputs: list[Tensor] = []
    with restored_hooks(model):
        for convolution in convolutions:
            convolution.register_forward_hook(lambda _, __, output: outputs.append(output))
        loss = functional.cross_entropy(model.train()(images), labels)
    weights = [convolution.weight for convolution in convolutions]
    gradients = torch.autograd.grad(loss, [*weights, *outputs])
    norms = np.array([float(gradient.norm()) for gradient in gradients])
    return norms[: len(weights)], norms[len(weights) :]


def subsets(
    count: int, size: int, most: int, draw: Callable[[], Sequence[int]]
) -> list[tuple[int, ...]]:
    """Different subsets of `count` blocks, in order: all of them, or `most` at random.

    Args:
        draw: a random subset of this size.
    """
    if math.comb(count, size) <= most:
        return list(combinations(range(count), size))
    drawn: set[tuple[int, ...]] = set()
    while len(drawn) < most:
        drawn.add(tuple(sorted(draw())))
    return sorted(drawn)


def changes_size(block: Block) -> bool:
    """Compare the shape of a block's output with its input's."""
    first, last = convolutions(block)[0], convolutions(block)[-1]
    return stride(block) > 1 or first.in_channels != last.out_channels


def convolutions(block: Block) -> list[nn.Conv2d]:
    """The convolutions of the branch, first to last."""
    layers = (getattr(block, name) for name in block.branch)
    return [layer for layer in layers if isinstance(layer, nn.Conv2d)]


def stride(block: Block) -> int:
    """The factor by which the block divides height and width."""
    return math.prod(convolution.stride[0] for convolution in convolutions(block))
