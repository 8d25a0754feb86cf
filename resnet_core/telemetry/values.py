"""Values on the device packed into one row, so that a single copy fetches all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Float64 = NDArray[np.float64]
Groups = Mapping[str, Sequence[Tensor]]  # tensors on the device, by name
Values = Mapping[str, Float64]  # each group's elements in a row, on the CPU


class PackedValues:
    """Named groups of tensors in one row.

    Attributes:
        row: all elements, still on the device.
    """

    def __init__(self, groups: Groups) -> None:
        self.row = torch.cat([t.detach().reshape(-1) for group in groups.values() for t in group])
        self._slices: dict[str, slice] = {}
        begin = 0
        for name, group in groups.items():
            end = begin + sum(tensor.numel() for tensor in group)
            self._slices[name] = slice(begin, end)
            begin = end

    def fetch(self) -> Values:
        """Wait for the device and return the elements of each group."""
        return self.unpack(self.row.cpu().numpy().astype(np.float64))

    def unpack(self, row: Float64) -> Values:
        """Return the groups of another row with the same layout."""
        return {name: row[place] for name, place in self._slices.items()}


def gradients(parameters: Iterable[Tensor]) -> list[Tensor]:
    """Return each parameter's gradient; zeros where the loss does not depend on it.

    Weight decay is not in it: SGD adds that to the update.
    """
    return [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]


def norms(tensors: list[Tensor]) -> Tensor:
    """Return the Euclidean norm of each tensor, on their device."""
    return torch.stack(torch._foreach_norm(tensors))
