"""Stochastic gradient descent with momentum and weight decay, as in section 4.2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from resnet_core.errors import CheckpointError
from resnet_core.telemetry.probes import gradients


class Sgd:
    """Moves the weights w against their gradient g with the momentum buffer b:

        b <- momentum b + g + weight_decay w
        w <- w - rate b

    Weight decay is on all parameters, BN's and biases included. It is `torch.optim.SGD`
    (the tests compare the two) without its import of torch's compiler, which takes longer
    than the demonstration's first thirty updates.
    """

    def __init__(self, model: nn.Module, momentum: float, weight_decay: float) -> None:
        self._parameters = dict(model.named_parameters())
        self._weights = [parameter.detach() for parameter in self._parameters.values()]
        self._buffers = [torch.zeros_like(weight) for weight in self._weights]
        self._momentum, self._weight_decay = momentum, weight_decay

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The parameters as torch's GradScaler expects them of an optimizer."""
        return [{"params": list(self._parameters.values())}]

    def step(self, rate: float) -> None:
        """Make one update."""
        torch._foreach_mul_(self._buffers, self._momentum)
        torch._foreach_add_(self._buffers, self._gradients())
        torch._foreach_add_(self._buffers, self._weights, alpha=self._weight_decay)
        torch._foreach_add_(self._weights, self._buffers, alpha=-rate)

    def fused_step(self, rate: Tensor) -> None:
        """Make one update in one kernel; the rate (float32, no dimensions) is on the device."""
        torch._fused_sgd_(
            self._weights,
            self._gradients(),
            self._buffers,
            weight_decay=self._weight_decay,
            momentum=self._momentum,
            lr=rate,
            dampening=0.0,
            nesterov=False,
            maximize=False,
            is_first_step=False,
        )

    def _gradients(self) -> list[Tensor]:
        return gradients(self._parameters.values())

    def tensors(self) -> list[Tensor]:
        """Return the weights and momentum buffers themselves, which an update changes."""
        return [*self._weights, *self._buffers]

    def state_dict(self) -> dict[str, Tensor]:
        """Return copies of the momentum buffers on the CPU, by parameter."""
        copies = [buffer.to("cpu", copy=True).contiguous() for buffer in self._buffers]
        return dict(zip(self._parameters, copies, strict=True))

    def load_state_dict(self, state: Mapping[str, Tensor]) -> None:
        """Copy momentum buffers into this optimizer's.

        Raises:
            CheckpointError: they are of other parameters.
        """
        if state.keys() != self._parameters.keys():
            raise CheckpointError("checkpoint.other_momentum")
        for own, other in zip(self._buffers, state.values(), strict=True):
            own.copy_(other)
