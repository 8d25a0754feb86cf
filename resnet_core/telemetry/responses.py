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
from torch import Tensor, nn

from resnet_core.networks.catalog import ResponseSite
from resnet_core.telemetry.moments import Moments
from resnet_core.telemetry.values import Float64, Values


class Responses:
    """Of every layer in one pass; the figures lie on the device until they are read."""

    def __init__(self, layers: int) -> None:
        self._layers = layers
        self._moments = Moments()
        self._measured: dict[int, Tensor] = {}  # by the layer's position, where no BN follows
        self._audited: dict[int, Tensor] = {}

    def note(self, place: int, module: nn.Module, response: Tensor, *, audit: bool) -> None:
        if not self._moments.note(place, module, response):
            self._measured[place] = response.detach().float().std(correction=0)
        if audit:
            self._audited[place] = direct_std(response)

    def tensors(self) -> list[Tensor]:
        measured, audited = self._measured.values(), self._audited.values()
        return [*self._moments.tensors(), *measured, *audited]

    def read(self, values: Values) -> tuple[Float64, float | None]:
        """Standard deviations, one a layer, and the audit's error.

        The error is the largest relative difference to the direct measurement, None without
        an audit; a layer of constant response counts with the difference itself.
        """
        mean, square = self._moments.read(values)
        found = np.empty(self._layers)
        found[self._moments.places] = np.sqrt(np.maximum(square - mean**2, 0))
        found[list(self._measured)] = values.of(list(self._measured.values()))
        if not self._audited:
            return found, None
        direct = values.of(list(self._audited.values()))
        return found, float(np.max(np.abs(found - direct) / np.where(direct > 0, direct, 1.0)))


class ResponseProbe:
    """Measures the passes in training mode that it listens to.

    The audit measures every layer's elements as well, in float64, on the same mini-batch.
    """

    def __init__(self, sites: Sequence[ResponseSite]) -> None:
        self._sites = sites

    @contextmanager
    def listening(self, *, audit: bool = False) -> Iterator[Responses]:
        """Listen to one forward pass. The hooks are off at the end, whatever happened."""
        found = Responses(len(self._sites))
        with ExitStack() as hooks:
            for index, site in enumerate(self._sites):
                module = site.conv if site.bn is None else site.bn
                handle = module.register_forward_hook(_hook(found, index, audit))
                hooks.callback(handle.remove)
            yield found


def _hook(found: Responses, place: int, audit: bool) -> Callable[[nn.Module, Any, Tensor], None]:
    def listen(module: nn.Module, _: Any, response: Tensor) -> None:
        found.note(place, module, response, audit=audit)

    return listen


def direct_std(response: Tensor) -> Tensor:
    """Standard deviation over all elements (N, not N - 1), in float64 where the device has it."""
    dtype = torch.float32 if response.device.type == "mps" else torch.float64
    return response.detach().to(dtype).std(correction=0)
