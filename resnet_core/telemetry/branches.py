"""How much each block adds to what it was given: ||F(x)|| / ||x||.

F(x) is the branch's output as it enters the addition (section 3.1); of a plain block,
y = f(F(x)), it is all that the nonlinearity gets. Euclidean norms over the mini-batch; that
of a branch that ends with BN follows from BN's own statistics (`moments`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from resnet_core.networks.blocks import Block
from resnet_core.telemetry.moments import kept_inverse_std, moments, numbers


class BranchProbe:
    """Measures the passes that it listens to."""

    def __init__(self, sites: Sequence[tuple[str, Block]]) -> None:
        self._blocks = [block for _, block in sites]
        # By the block's position:
        self._through: dict[int, Tensor] = {}  # ||x||
        self._inside: dict[int, Tensor] = {}  # ||F(x)||, where there is no BN to ask
        self._inverse_std: dict[int, Tensor] = {}  # C, of the BN that ends F
        self._elements: dict[int, int] = {}  # how many F(x) has

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen to one forward pass. The taps are off at the end, whatever happened.

        A hook on the block would see x and y but not F(x), so the method itself is wrapped:
        an attribute of the block, in front of its class's method until it is deleted.
        """
        for kept in (self._through, self._inside, self._inverse_std, self._elements):
            kept.clear()
        with ExitStack() as taps:
            for index, block in enumerate(self._blocks):
                setattr(block, "residual", self._tap(index, block))  # noqa: B010
                taps.callback(delattr, block, "residual")
            yield

    def _tap(self, index: int, block: Block) -> Callable[[Tensor], Tensor]:
        branch, last = block.residual, _last_layer(block)

        def residual(x: Tensor) -> Tensor:
            result = branch(x)
            self._through[index] = _norm(x)
            inverse_std = kept_inverse_std(last, result)
            if inverse_std is None:
                self._inside[index] = _norm(result)
            else:
                self._inverse_std[index], self._elements[index] = inverse_std, result.numel()
            return result

        return residual

    def ratios(self) -> NDArray[np.float32]:
        """One figure a block, of the pass last listened to; not a number where x is zero.

        Ask before the weights change.
        """
        if not self._through:  # a network without such blocks, or no pass yet
            return np.empty(0, np.float32)
        inside = np.empty(len(self._blocks))
        if self._inside:
            inside[list(self._inside)] = numbers(list(self._inside.values()))
        if self._inverse_std:
            ends = [_last_layer(self._blocks[index]) for index in self._inverse_std]
            found = [layer for layer in ends if isinstance(layer, nn.BatchNorm2d)]
            _, square = moments(found, list(self._inverse_std.values()))
            total = np.maximum(square, 0) * list(self._elements.values())
            inside[list(self._inverse_std)] = np.sqrt(total)
        with np.errstate(divide="ignore", invalid="ignore"):
            return (inside / numbers(list(self._through.values()))).astype(np.float32)


def _last_layer(block: Block) -> nn.Module:
    layer = getattr(block, block.branch[-1])
    assert isinstance(layer, nn.Module)
    return layer


def _norm(x: Tensor) -> Tensor:
    """||x||, added up in fp32 from every image's norm.

    In bf16 each image's own norm is rounded to 8 bits, 0.2 % at most: told to return fp32,
    torch copies all of x first, which costs more than the rest of the telemetry together.
    fp16 ends at 65504, too near for the norm of a large response.
    """
    dtype = torch.float32 if x.dtype == torch.float16 else None
    images = torch.linalg.vector_norm(x.detach(), dim=(1, 2, 3), dtype=dtype)  # B
    return torch.linalg.vector_norm(images, dtype=torch.float32)
