"""How much each block adds to what it was given: ||F(x)|| / ||x||.

F(x) is the branch's output as it enters the addition (section 3.1); of a plain block,
y = f(F(x)), it is all that the nonlinearity gets. Euclidean norms over the mini-batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from resnet_core.networks.blocks import Block


class BranchProbe:
    """Measures the passes that it listens to."""

    def __init__(self, sites: Sequence[tuple[str, Block]]) -> None:
        self._blocks = [block for _, block in sites]
        self._norms: dict[int, tuple[Tensor, Tensor]] = {}  # of F(x) and of x

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen to one forward pass. The taps are off at the end, whatever happened.

        A hook on the block would see x and y but not F(x), so the method itself is wrapped:
        an attribute of the block, in front of its class's method until it is deleted.
        """
        self._norms.clear()
        with ExitStack() as taps:
            for index, block in enumerate(self._blocks):
                setattr(block, "residual", self._tap(index, block.residual))  # noqa: B010
                taps.callback(delattr, block, "residual")
            yield

    def _tap(self, index: int, branch: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        def residual(x: Tensor) -> Tensor:
            result = branch(x)
            self._norms[index] = (_norm(result), _norm(x))
            return result

        return residual

    def ratios(self) -> NDArray[np.float32]:
        """One figure a block, of the pass last listened to; not a number where x is zero."""
        if not self._norms:  # a network without such blocks, or no pass yet
            return np.empty(0, np.float32)
        norms = [norm for pair in self._norms.values() for norm in pair]
        inside, through = torch.stack(norms).cpu().reshape(-1, 2).unbind(1)
        return (inside / through).numpy()


def _norm(x: Tensor) -> Tensor:
    return torch.linalg.vector_norm(x.detach(), dtype=torch.float32)
