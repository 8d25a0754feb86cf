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
from torch import Tensor, nn

from resnet_core.networks.blocks import Block
from resnet_core.telemetry.moments import Moments
from resnet_core.telemetry.values import Float64, Values


class Branches:
    """Of every block in one pass; the figures lie on the device until they are read."""

    def __init__(self) -> None:
        self._inputs: list[Tensor] = []  # x of each block, as long as the pass lasts
        self._through: list[Tensor] = []  # ||x||
        self._inside: dict[int, Tensor] = {}  # ||F(x)||, where F does not end with BN
        self._moments = Moments()  # of F(x), elsewhere
        self._elements: list[int] = []  # of each F(x) there

    def note(self, x: Tensor, result: Tensor, last: nn.Module) -> None:
        """x and F(x) of the next block, fresh from the last layer of its branch."""
        place = len(self._inputs)
        self._inputs.append(x.detach())
        if self._moments.note(place, last, result):
            self._elements.append(result.numel())
        else:
            self._inside[place] = _norm(result.detach())

    def passed(self) -> None:
        """Measure what went into the blocks, all at once: a GPU works on them together."""
        self._through = _norms(self._inputs)
        self._inputs.clear()

    def tensors(self) -> list[Tensor]:
        return [*self._moments.tensors(), *self._inside.values(), *self._through]

    def read(self, values: Values) -> Float64:
        """||F(x)|| / ||x||, one a block; not a number where x is zero."""
        _, square = self._moments.read(values)
        inside = np.empty(len(self._through))
        inside[self._moments.places] = np.sqrt(square * self._elements)
        inside[list(self._inside)] = values.of(list(self._inside.values()))
        with np.errstate(divide="ignore", invalid="ignore"):
            return inside / values.of(self._through)


class BranchProbe:
    """Measures the passes that it listens to."""

    def __init__(self, sites: Sequence[tuple[str, Block]]) -> None:
        self._blocks = [block for _, block in sites]

    @contextmanager
    def listening(self) -> Iterator[Branches]:
        """Listen to one forward pass. The taps are off at the end, whatever happened.

        A hook on the block would see x and y but not F(x), so the method itself is wrapped:
        an attribute of the block, in front of its class's method until it is deleted.
        """
        found = Branches()
        with ExitStack() as taps:
            for block in self._blocks:
                setattr(block, "residual", _tap(found, block))  # noqa: B010
                taps.callback(delattr, block, "residual")
            yield found
        found.passed()


def _tap(found: Branches, block: Block) -> Callable[[Tensor], Tensor]:
    branch, last = block.residual, getattr(block, block.branch[-1])

    def residual(x: Tensor) -> Tensor:
        result = branch(x)
        found.note(x, result, last)
        return result

    return residual


def _norms(tensors: list[Tensor]) -> list[Tensor]:
    """Euclidean norms, in fp32."""
    if tensors and tensors[0].is_cuda:
        return list(torch._foreach_norm(tensors, dtype=torch.float32))
    return [_norm(tensor) for tensor in tensors]


def _norm(x: Tensor) -> Tensor:
    """||x||, added up in fp32 from every image's norm.

    In bf16 each image's own norm is rounded to 8 bits, 0.2 % at most: told to return fp32,
    torch copies all of x first on a CPU, which costs more than the rest of the telemetry
    together. fp16 ends at 65504, too near for the norm of a large response.
    """
    dtype = torch.float32 if x.dtype == torch.float16 else None
    images = torch.linalg.vector_norm(x, dim=(1, 2, 3), dtype=dtype)  # B
    return torch.linalg.vector_norm(images, dtype=torch.float32)
