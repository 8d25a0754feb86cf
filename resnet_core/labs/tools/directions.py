"""Random directions in the space of a network's weights."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


def filter_normalised(model: nn.Module, generator: torch.Generator) -> dict[str, Tensor]:
    """A random direction, each filter of which is as long as the network's (Li et al. 2018, 4).

    A filter is what makes one output channel: a slice C, k, k of a convolution, a row of the
    classifier. Without this a network with large weights, which BN makes no difference to,
    would look flatter than the same function with small ones. BN's scales and shifts and all
    biases stay where they are: their part of the direction is 0, as in the paper's figures.

    Returns:
        float32 on the network's device, by parameter name, of the parameters' shapes.
    """
    return {
        name: _like(weight.detach(), generator).to(weight.device)
        for name, weight in model.named_parameters()
    }


def moved(
    weights: Mapping[str, Tensor], direction: Mapping[str, Tensor], length: float
) -> dict[str, Tensor]:
    """weights + length x direction; what has no part in the direction stays as it is."""
    return {
        name: tensor + length * direction[name] if name in direction else tensor
        for name, tensor in weights.items()
    }


def _like(weight: Tensor, generator: torch.Generator) -> Tensor:
    if weight.dim() < 2:
        return torch.zeros(weight.shape)
    drawn = torch.randn(weight.shape, generator=generator)
    sizes = weight.flatten(1).norm(dim=1).cpu()
    factors = sizes / drawn.flatten(1).norm(dim=1)
    return drawn * factors.view(-1, *[1] * (weight.dim() - 1))
