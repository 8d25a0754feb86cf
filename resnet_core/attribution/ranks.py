"""Spearman's rank correlation: whether two maps put pixels in the same order."""

from __future__ import annotations

import torch
from torch import Tensor


def ranks(values: Tensor) -> Tensor:
    """From 1; equal values share the mean of theirs. N -> N, float64."""
    _, place, counts = torch.unique(values, return_inverse=True, return_counts=True)
    last = counts.cumsum(0).double()
    return (last - (counts - 1) / 2)[place]


def rank_correlation(first: Tensor, second: Tensor) -> float:
    """From -1 to 1, of all elements of two tensors; nan where one is the same everywhere."""
    a, b = ranks(first.flatten()), ranks(second.flatten())
    a, b = a - a.mean(), b - b.mean()
    return float((a * b).sum() / (a.norm() * b.norm()))
