"""Mean and mean square of BN's outputs, without a look at their elements.

Over a mini-batch and all pixels BN gives channel c the mean beta_c and the variance
gamma_c^2 v_c / (v_c + eps), v_c being the channel's variance before it. So over all elements
of the output (B, C, H, W together)

    mean        = mean_c(beta_c)
    mean square = mean_c(gamma_c^2 v_c / (v_c + eps) + beta_c^2),

and what depends on the mini-batch, 1 / sqrt(v_c + eps), is kept for BN's backward pass anyway.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor, nn

from resnet_core.telemetry.values import Float64, Values

# The backward nodes known to keep 1 / sqrt(v + eps) of every channel as their third result.
_KEEPS_INVERSE_STD = {"NativeBatchNormBackward0", "CudnnBatchNormBackward0"}


class Moments:
    """Of the outputs of some BN layers in one pass in training mode.

    Attributes:
        places: what the layers' outputs were noted as, in the order of `read`.
    """

    def __init__(self) -> None:
        self.places: list[int] = []
        self._layers: list[nn.BatchNorm2d] = []
        self._inverse_std: list[Tensor] = []

    def note(self, place: int, layer: nn.Module | None, output: Tensor) -> bool:
        """Take the statistics that `layer` has kept of its fresh output; whether it has any."""
        inverse_std = _kept_inverse_std(layer, output)
        if inverse_std is None:
            return False
        assert isinstance(layer, nn.BatchNorm2d)
        self.places.append(place)
        self._layers.append(layer)
        self._inverse_std.append(inverse_std)
        return True

    def tensors(self) -> list[Tensor]:
        """What the moments follow from; fetch it before the weights change."""
        scales, shifts = [bn.weight for bn in self._layers], [bn.bias for bn in self._layers]
        return [*self._inverse_std, *scales, *shifts]

    def read(self, values: Values) -> tuple[Float64, Float64]:
        """Mean and mean square, one figure a layer."""
        if not self._layers:
            return np.empty(0), np.empty(0)
        # Channels of all layers in a row:
        inverse, gamma, beta = values.of(self.tensors()).reshape(3, -1)
        channels = np.array([bn.num_features for bn in self._layers])
        eps = np.repeat([bn.eps for bn in self._layers], channels)
        starts = np.concatenate([[0], np.cumsum(channels)[:-1]])
        # v / (v + eps) = 1 - eps / (v + eps) needs no v.
        squares = np.add.reduceat(gamma**2 * (1 - eps * inverse**2) + beta**2, starts)
        return np.add.reduceat(beta, starts) / channels, np.maximum(squares, 0) / channels


def _kept_inverse_std(layer: nn.Module | None, output: Tensor) -> Tensor | None:
    """1 / sqrt(v + eps) of every channel, if `output` is fresh from this BN in training mode."""
    node = output.grad_fn
    if not isinstance(layer, nn.BatchNorm2d) or node is None:
        return None
    if node.name() not in _KEEPS_INVERSE_STD or not layer.training:
        return None
    return node._saved_result2.detach()  # type: ignore[attr-defined]
