"""Stochastic gradient descent with momentum and weight decay, as in section 4.2."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from resnet_core.errors import CheckpointError
from resnet_core.telemetry.gradients import gradients


class Sgd:
    """Moves the weights w against their gradient g with the velocity v:

        v <- momentum v + g + weight_decay w
        w <- w - rate v

    Weight decay is on all parameters, BN's and biases included. It is `torch.optim.SGD`
    (the tests compare the two) without its import of torch's compiler, which takes longer
    than the demonstration's first thirty updates.
    """

    def __init__(self, model: nn.Module, momentum: float, weight_decay: float) -> None:
        self._parameters = dict(model.named_parameters())
        self._weights = [parameter.detach() for parameter in self._parameters.values()]
        self._velocity = [torch.zeros_like(weight) for weight in self._weights]
        self._momentum, self._weight_decay = momentum, weight_decay

    def update(self, rate: float, loss_scale: float = 1.0) -> None:
        """Make one update; the gradient is of the loss times `loss_scale`, a power of two."""
        torch._foreach_mul_(self._velocity, self._momentum)
        torch._foreach_add_(self._velocity, self._gradient(), alpha=1 / loss_scale)
        torch._foreach_add_(self._velocity, self._weights, alpha=self._weight_decay)
        torch._foreach_add_(self._weights, self._velocity, alpha=-rate)

    def update_at(self, rate: Tensor) -> None:
        """The same with a rate that lies on the device (float32, no dimensions), in one kernel."""
        torch._fused_sgd_(
            self._weights,
            self._gradient(),
            self._velocity,
            weight_decay=self._weight_decay,
            momentum=self._momentum,
            lr=rate,
            dampening=0.0,
            nesterov=False,
            maximize=False,
            is_first_step=False,
        )

    def _gradient(self) -> list[Tensor]:
        return gradients(self._parameters.values())

    def tensors(self) -> list[Tensor]:
        """The weights and velocities themselves."""
        return [*self._weights, *self._velocity]

    def velocity(self) -> dict[str, Tensor]:
        """Copies on the CPU, by parameter."""
        copies = [v.to("cpu", copy=True).contiguous() for v in self._velocity]
        return dict(zip(self._parameters, copies, strict=True))

    def restore(self, velocity: Mapping[str, Tensor]) -> None:
        """The inverse of `velocity`.

        Raises:
            CheckpointError: the velocities are of other parameters.
        """
        if velocity.keys() != self._parameters.keys():
            raise CheckpointError("checkpoint.other_momentum")
        for own, other in zip(self._velocity, velocity.values(), strict=True):
            own.copy_(other)
