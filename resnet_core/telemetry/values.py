"""Figures that lie on the device, brought over together and told apart again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Float64 = NDArray[np.float64]


def row(tensors: Sequence[Tensor]) -> Tensor:
    """All of them in one row, still on the device."""
    return torch.cat([tensor.detach().reshape(-1) for tensor in tensors])


class Values:
    """A row that was brought over; what it was made of is asked for in the same order."""

    def __init__(self, values: Float64) -> None:
        self._values, self._position = values, 0

    @classmethod
    def fetched(cls, tensors: Sequence[Tensor]) -> Values:
        """Wait for the device and bring them over."""
        return cls(row(tensors).cpu().numpy().astype(np.float64))

    def of(self, tensors: Sequence[Tensor]) -> Float64:
        """The values of the next of them, in a row."""
        begin = self._position
        self._position += sum(tensor.numel() for tensor in tensors)
        return self._values[begin : self._position]
