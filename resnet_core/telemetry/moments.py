"""Mean and mean square of BN's outputs from BN's own statistics, without reading the outputs.

Over a mini-batch and all pixels BN gives channel c the mean beta_c and the variance
gamma_c^2 v_c / (v_c + eps), v_c being the channel's variance before it. So over all elements
of the output (B, C, H, W together)

    mean        = mean_c(beta_c)
    mean square = mean_c(gamma_c^2 v_c / (v_c + eps) + beta_c^2).

The only part that depends on the mini-batch, 1 / sqrt(v_c + eps), is stored for BN's backward
pass anyway.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor, nn

from resnet_core.telemetry.values import Float64, Groups, Values

# The backward nodes whose third saved result is 1 / sqrt(v + eps) of every channel.
_WITH_INVERSE_STD = {"NativeBatchNormBackward0", "CudnnBatchNormBackward0"}


class Moments:
    """Moments of the outputs of some BN layers in one pass in training mode.

    Args:
        name: prefix of its groups of values.

    Attributes:
        indices: the index of each recorded output, in the order of `read`.
    """

    def __init__(self, name: str) -> None:
        self.indices: list[int] = []
        self._name = name
        self._layers: list[nn.BatchNorm2d] = []
        self._inverse_std: list[Tensor] = []

    def record(self, index: int, layer: nn.Module, output: Tensor) -> bool:
        """Record the statistics behind this output; return False if `layer` has none."""
        inverse_std = _saved_inverse_std(layer, output)
        if inverse_std is None:
            return False
        assert isinstance(layer, nn.BatchNorm2d)
        self.indices.append(index)
        self._layers.append(layer)
        self._inverse_std.append(inverse_std)
        return True

    def groups(self) -> Groups:
        """Return the tensors that the moments follow from; fetch them before the weights change."""
        return {
            f"{self._name}.inverse_std": self._inverse_std,
            f"{self._name}.gamma": [layer.weight for layer in self._layers],
            f"{self._name}.beta": [layer.bias for layer in self._layers],
        }

    def read(self, values: Values) -> tuple[Float64, Float64]:
        """Return mean and mean square, one element a layer."""
        if not self._layers:
            return np.empty(0), np.empty(0)
        # Channels of all layers in a row:
        inverse, gamma, beta = (values[name] for name in self.groups())
        channels = np.array([layer.num_features for layer in self._layers])
        eps = np.repeat([layer.eps for layer in self._layers], channels)
        starts = np.concatenate([[0], np.cumsum(channels)[:-1]])
        # v / (v + eps) = 1 - eps / (v + eps) needs no v.
        squares = np.add.reduceat(gamma**2 * (1 - eps * inverse**2) + beta**2, starts)
        return np.add.reduceat(beta, starts) / channels, np.maximum(squares, 0) / channels


def _saved_inverse_std(layer: nn.Module, output: Tensor) -> Tensor | None:
    """Return 1 / sqrt(v + eps) of every channel if `output` is of this BN in training mode."""
    node = output.grad_fn
    if not isinstance(layer, nn.BatchNorm2d) or node is None:
        return None
    if node.name() not in _WITH_INVERSE_STD or not layer.training:
        return None
    return node._saved_result2.detach()  # type: ignore[attr-defined]
