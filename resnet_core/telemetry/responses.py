"""How strongly each 3x3 layer responds: the standard deviations of Fig. 7.

A layer's response is its output after BN and before the nonlinearity or the addition. Its
standard deviation over all elements of a mini-batch (B, C, H, W together) follows from BN's
own statistics (`moments`). Where no BN follows (networks without BN; a preresnet's stem and
last layer of each branch, whose outputs go into an addition as they are) the elements are
measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from resnet_core.networks.catalog import ResponseSite
from resnet_core.telemetry.moments import kept_inverse_std, moments, numbers


class ResponseProbe:
    """Measures the passes in training mode that it listens to.

    The audit measures every layer's elements as well, in float64, on the same mini-batch.
    """

    def __init__(self, sites: Sequence[ResponseSite]) -> None:
        self._sites = sites
        self._inverse_std: dict[int, Tensor] = {}  # C, by the layer's position
        self._measured: dict[int, Tensor] = {}  # scalars, where there is no BN to ask
        self._audited: dict[int, Tensor] = {}  # scalars

    @contextmanager
    def listening(self, *, audit: bool = False) -> Iterator[None]:
        """Listen to one forward pass. The hooks are off at the end, whatever happened."""
        for kept in (self._inverse_std, self._measured, self._audited):
            kept.clear()
        with ExitStack() as hooks:
            for index, site in enumerate(self._sites):
                module = site.conv if site.bn is None else site.bn
                handle = module.register_forward_hook(self._hook(index, audit))
                hooks.callback(handle.remove)
            yield

    def _hook(self, index: int, audit: bool) -> Callable[[nn.Module, Any, Tensor], None]:
        def listen(module: nn.Module, _: Any, response: Tensor) -> None:
            inverse_std = kept_inverse_std(module, response)
            if inverse_std is not None:
                self._inverse_std[index] = inverse_std
            else:
                self._measured[index] = response.detach().float().std(correction=0)
            if audit:
                self._audited[index] = direct_std(response)

        return listen

    def standard_deviations(self) -> NDArray[np.float64]:
        """One figure a layer, of the pass last listened to; ask before the weights change."""
        result = np.empty(len(self._sites))
        if self._measured:
            result[list(self._measured)] = numbers(list(self._measured.values()))
        if self._inverse_std:
            layers = [bn for index in self._inverse_std if (bn := self._sites[index].bn)]
            mean, square = moments(layers, list(self._inverse_std.values()))
            result[list(self._inverse_std)] = np.sqrt(np.maximum(square - mean**2, 0))
        return result

    def audit_error(self) -> float | None:
        """Largest relative difference to the direct measurement; None without an audit.

        A layer of constant response counts with the difference itself.
        """
        if not self._audited:
            return None
        direct = numbers(list(self._audited.values()))
        difference = np.abs(self.standard_deviations() - direct)
        return float(np.max(difference / np.where(direct > 0, direct, 1.0)))


def direct_std(response: Tensor) -> Tensor:
    """Standard deviation over all elements (N, not N - 1), in float64 where the device has it."""
    dtype = torch.float32 if response.device.type == "mps" else torch.float64
    return response.detach().to(dtype).std(correction=0)
