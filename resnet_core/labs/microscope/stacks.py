"""Stacks of small fully connected blocks, plain and residual, many replicas side by side.

A replica is one stack of its own: its weights are one slice of every tensor's first
dimension. So seeds and recipes are raced in one pass, and none can touch another.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Form = Literal["plain", "residual"]
Activation = Literal["linear", "relu"]
Branch = Sequence[Tensor]  # the layers of one F: R, D, D each
FORMS: tuple[Form, ...] = ("plain", "residual")


@dataclass(frozen=True)
class Stack:
    """Blocks of eq. 1, x -> f(F(x) + x), or the same without the shortcut, x -> f(F(x)).

    F is W_k f(... f(W_1 x)), without biases. After the last block there is no nonlinearity,
    so that an output of any sign can be reached.

    Attributes:
        blocks: the branches' layers, first block first; every tensor is R, D, D.
    """

    form: Form
    activation: Activation
    blocks: Sequence[Branch]

    def nonlinearity(self, x: Tensor) -> Tensor:
        return x.relu() if self.activation == "relu" else x

    def branch(self, x: Tensor, layers: Branch) -> Tensor:  # R, N, D -> R, N, D
        """F(x)."""
        for weight in layers[:-1]:
            x = self.nonlinearity(x @ weight)
        return x @ layers[-1]

    def mapping(self, x: Tensor, layers: Branch) -> Tensor:  # R, N, D -> R, N, D
        """H(x), what the block makes of x before the nonlinearity."""
        if self.form == "residual":
            return self.branch(x, layers) + x
        return self.branch(x, layers)

    def __call__(self, x: Tensor) -> Tensor:  # R, N, D -> R, N, D
        for layers in self.blocks[:-1]:
            x = self.nonlinearity(self.mapping(x, layers))
        return self.mapping(x, self.blocks[-1])

    @property
    def weights(self) -> list[Tensor]:
        return [weight for layers in self.blocks for weight in layers]

    @torch.no_grad()
    def norms(self, x: Tensor) -> list[tuple[Tensor, Tensor]]:
        """||F(x)|| / ||x|| and ||H(x)|| / ||x|| of every block, R each."""
        found = []
        for layers in self.blocks:
            size = x.norm(dim=(1, 2)).clamp_min(torch.finfo(x.dtype).tiny)
            branch, mapping = self.branch(x, layers), self.mapping(x, layers)
            found.append((branch.norm(dim=(1, 2)) / size, mapping.norm(dim=(1, 2)) / size))
            x = self.nonlinearity(mapping)
        return found


def initial(
    depth: int, layers: int, width: int, activation: Activation, gains: Tensor, seeds: Sequence[int]
) -> list[list[Tensor]]:
    """Normal weights, R = seeds x gains replicas, each seed's draw the same under every gain.

    At gain 1 a plain layer keeps the size of what goes through it: standard deviation
    sqrt(1 / D), and sqrt(2 / D) before a ReLU (He et al. 2015, eq. 10).
    """
    std = math.sqrt((2 if activation == "relu" else 1) / width)
    draws = torch.stack(
        [
            torch.randn(depth, layers, width, width, generator=torch.Generator().manual_seed(seed))
            for seed in seeds
        ]
    )  # seeds, blocks, layers, D, D
    scaled = std * gains[None, :, None, None, None, None] * draws[:, None]
    replicas = scaled.flatten(0, 1)  # R, blocks, layers, D, D
    return [
        [replicas[:, block, layer].clone() for layer in range(layers)] for block in range(depth)
    ]


class Momentum:
    """SGD with momentum 0.9, a learning rate for every replica."""

    def __init__(self, weights: Sequence[Tensor], rates: Tensor) -> None:
        self.weights = list(weights)
        self.rates = rates[:, None, None]
        self.velocities = [torch.zeros_like(weight) for weight in weights]

    @torch.no_grad()
    def step(self, gradients: Sequence[Tensor]) -> None:
        for weight, velocity, gradient in zip(
            self.weights, self.velocities, gradients, strict=True
        ):
            velocity.mul_(0.9).add_(gradient)
            weight.sub_(self.rates * velocity)
