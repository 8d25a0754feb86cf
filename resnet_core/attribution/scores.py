"""Agreement of a map with the shape's mask, and of two maps with each other.

A map that agrees with the mask is not therefore faithful to the network: the network itself may
use other pixels. A random map scores the mask's share of the picture in both scores.
"""

from __future__ import annotations

import torch
from torch import Tensor


def share_inside(values: Tensor, masks: Tensor) -> Tensor:
    """Return the share of |attribution| that lies inside the mask. B, H, W twice -> B.

    nan where nothing is attributed.
    """
    sizes = values.abs().flatten(1)
    return (sizes * masks.flatten(1)).sum(1) / sizes.sum(1)


def points_inside(values: Tensor, masks: Tensor) -> Tensor:
    """Return True where the largest value lies inside: the pointing game (Zhang et al. 2018).

    Bool, B. There is no tolerance around the mask. A map without a positive value is False.
    """
    flat = values.flatten(1)
    top, place = flat.max(1)
    return masks.flatten(1).gather(1, place[:, None])[:, 0] & (top > 0)


def area(masks: Tensor) -> Tensor:
    """Return the masks' share of the picture, which a random map scores. B, H, W -> B."""
    return masks.flatten(1).to(torch.float32).mean(1)


def rank_correlation(first: Tensor, second: Tensor) -> float:
    """Return Spearman's rank correlation of all elements, from -1 to 1; nan for a constant."""
    a, b = ranks(first.flatten()), ranks(second.flatten())
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / (a.norm() * b.norm()))


def ranks(values: Tensor) -> Tensor:
    """Return ranks from 1; equal values share the mean of theirs. N -> N, float64."""
    _, place, counts = torch.unique(values, return_inverse=True, return_counts=True)
    last = counts.cumsum(0).double()
    return (last - (counts - 1) / 2)[place]
