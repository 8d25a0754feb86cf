"""How strongly each 3x3 layer responds: the standard deviations of Fig. 7.

A layer's response is its output after BN and before the nonlinearity or the addition.
Over all elements of a mini-batch (B, C, H, W together) its standard deviation follows
from BN's own batch statistics, without a look at the elements: BN gives channel c the
mean beta_c and the variance gamma_c^2 v_c / (v_c + eps), v_c being the channel's variance
before it, so

    std^2 = mean_c(gamma_c^2 v_c / (v_c + eps) + beta_c^2) - (mean_c beta_c)^2.

Where no BN follows (networks without BN; a preresnet's stem and last layer of each
branch, whose outputs go into an addition as they are) the elements are measured.
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

# The backward nodes known to keep 1 / sqrt(v + eps) of every channel as their third result.
_KEEPS_INVERSE_STD = {"NativeBatchNormBackward0", "CudnnBatchNormBackward0"}


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
            inverse_std = _kept_inverse_std(module, response)
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
            result[list(self._measured)] = _numbers(list(self._measured.values()))
        if self._inverse_std:
            layers = [self._sites[index].bn for index in self._inverse_std]
            inverse_std = list(self._inverse_std.values())
            result[list(self._inverse_std)] = _from_statistics(layers, inverse_std)
        return result

    def audit_error(self) -> float | None:
        """Largest relative difference to the direct measurement; None without an audit.

        A layer of constant response counts with the difference itself.
        """
        if not self._audited:
            return None
        direct = _numbers(list(self._audited.values()))
        difference = np.abs(self.standard_deviations() - direct)
        return float(np.max(difference / np.where(direct > 0, direct, 1.0)))


def direct_std(response: Tensor) -> Tensor:
    """Standard deviation over all elements (N, not N - 1), in float64 where the device has it."""
    dtype = torch.float32 if response.device.type == "mps" else torch.float64
    return response.detach().to(dtype).std(correction=0)


def _kept_inverse_std(module: nn.Module, response: Tensor) -> Tensor | None:
    """1 / sqrt(v + eps) per channel, which BN's backward pass keeps anyway; else None."""
    node = response.grad_fn
    if not isinstance(module, nn.BatchNorm2d) or node is None:
        return None
    if node.name() not in _KEEPS_INVERSE_STD or not module.training:
        return None
    return node._saved_result2.detach()  # type: ignore[attr-defined]


def _from_statistics(
    layers: Sequence[nn.BatchNorm2d | None], inverse_std: Sequence[Tensor]
) -> NDArray[np.float64]:
    """The formula above; v / (v + eps) = 1 - eps / (v + eps) needs no v."""
    found = [bn for bn in layers if bn is not None]
    parts = [*inverse_std, *(bn.weight for bn in found), *(bn.bias for bn in found)]
    inverse, gamma, beta = _numbers(parts).reshape(3, -1)  # channels of all layers in a row
    channels = np.array([bn.num_features for bn in found])
    eps = np.repeat([bn.eps for bn in found], channels)
    starts = np.concatenate([[0], np.cumsum(channels)[:-1]])
    squares = np.add.reduceat(gamma**2 * (1 - eps * inverse**2) + beta**2, starts) / channels
    means = np.add.reduceat(beta, starts) / channels
    return np.sqrt(np.maximum(squares - means**2, 0))


def _numbers(tensors: Sequence[Tensor]) -> NDArray[np.float64]:
    """All values in a row, fetched from the device at once."""
    row = torch.cat([tensor.detach().reshape(-1) for tensor in tensors])
    return row.cpu().numpy().astype(np.float64)
