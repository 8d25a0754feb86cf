"""Mean and mean square of BN's outputs, without a look at their elements.

Over a mini-batch and all pixels BN gives channel c the mean beta_c and the variance
gamma_c^2 v_c / (v_c + eps), v_c being the channel's variance before it. So over all elements
of the output (B, C, H, W together)

    mean        = mean_c(beta_c)
    mean square = mean_c(gamma_c^2 v_c / (v_c + eps) + beta_c^2),

and what depends on the mini-batch, 1 / sqrt(v_c + eps), is kept for BN's backward pass anyway.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

# The backward nodes known to keep 1 / sqrt(v + eps) of every channel as their third result.
_KEEPS_INVERSE_STD = {"NativeBatchNormBackward0", "CudnnBatchNormBackward0"}


def kept_inverse_std(layer: nn.Module | None, output: Tensor) -> Tensor | None:
    """1 / sqrt(v + eps) of every channel, if `output` is fresh from this BN in training mode."""
    node = output.grad_fn
    if not isinstance(layer, nn.BatchNorm2d) or node is None:
        return None
    if node.name() not in _KEEPS_INVERSE_STD or not layer.training:
        return None
    return node._saved_result2.detach()  # type: ignore[attr-defined]


def moments(
    layers: Sequence[nn.BatchNorm2d], inverse_std: Sequence[Tensor]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and mean square of each layer's output; ask before the weights change."""
    parts = [*inverse_std, *(bn.weight for bn in layers), *(bn.bias for bn in layers)]
    inverse, gamma, beta = numbers(parts).reshape(3, -1)  # channels of all layers in a row
    channels = np.array([bn.num_features for bn in layers])
    eps = np.repeat([bn.eps for bn in layers], channels)
    starts = np.concatenate([[0], np.cumsum(channels)[:-1]])
    # v / (v + eps) = 1 - eps / (v + eps) needs no v.
    squares = np.add.reduceat(gamma**2 * (1 - eps * inverse**2) + beta**2, starts) / channels
    return np.add.reduceat(beta, starts) / channels, squares


def numbers(tensors: Sequence[Tensor]) -> NDArray[np.float64]:
    """All values in a row, fetched from the device at once."""
    row = torch.cat([tensor.detach().reshape(-1) for tensor in tensors])
    return row.cpu().numpy().astype(np.float64)
