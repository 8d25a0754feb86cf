"""How strong a signal the loss sends to each layer's weights."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor


def gradients(parameters: Iterable[Tensor]) -> list[Tensor]:
    """Each parameter's gradient after `backward`; zeros where the loss does not depend on it.

    Weight decay is not in it: SGD adds that to the update.
    """
    return [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]


def norms(found: list[Tensor]) -> Tensor:
    """Euclidean norm of each gradient, on their device, one figure each."""
    return torch.stack(torch._foreach_norm(found))
