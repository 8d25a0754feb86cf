"""One mini-batch, forward and back."""

from __future__ import annotations

import math
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn
from torch.nn import functional

from resnet_core.telemetry.gradients import gradients, norms
from resnet_core.telemetry.probes import Heard, Probes, Readings
from resnet_core.telemetry.values import Float64, Values, row
from resnet_core.training.device import Execution
from resnet_core.training.step.inplace_relu import lone_readers, overwriting


@dataclass(frozen=True)
class Pass:
    """What one mini-batch's pass has shown.

    Attributes:
        wrong: how many images were misclassified.
        gradient_norm: of all parameters' gradients, added up; inf or nan when any is.
        readings: what the probes measured, where the pass is recorded.
    """

    loss: float
    wrong: int
    gradient_norm: float
    readings: Readings | None

    @property
    def finite(self) -> bool:
        """Whether an update may be made with it."""
        return math.isfinite(self.loss) and math.isfinite(self.gradient_norm)


class Shown:
    """The same on the device, where nothing has waited for it.

    Attributes:
        row: all figures, on the device; of a recorded pass, what the probes heard comes last.
    """

    def __init__(
        self, loss: Tensor, wrong: Tensor, norms: Tensor, heard: Heard | None, scale: float
    ) -> None:
        self._norms, self._heard, self._scale = norms, heard, scale
        self._first = [loss.detach(), wrong.float()]
        self.row = row([*self._first, norms, *(heard.tensors() if heard else [])])

    def fetch(self) -> Pass:
        """Wait for the device."""
        return self.read(self.row.cpu().numpy().astype(np.float64))

    def read(self, figures: Float64) -> Pass:
        """The pass that made this row, or any other of the same form."""
        values = Values(figures)
        loss, wrong = values.of(self._first)
        norms = values.of([self._norms]) / self._scale
        readings = self._heard.read(values, norms) if self._heard else None
        return Pass(float(loss), int(wrong), float(norms.sum()), readings)


class Backpropagation:
    """Finds the loss of a mini-batch and its gradient, and what there is to tell of it."""

    def __init__(self, model: nn.Module, probes: Probes, execution: Execution) -> None:
        self._model, self._probes, self._execution = model, probes, execution
        self._parameters = list(model.parameters())
        self._relus = lone_readers(model)

    def __call__(
        self,
        images: Tensor,
        labels: Tensor,
        *,
        record: bool = False,
        audit: bool = False,
        loss_scale: float = 1.0,
    ) -> Shown:
        """Leave the gradient of the loss times `loss_scale` in the parameters.

        images: B, C, H, W; labels: int64, B. Nothing here waits for the device.
        """
        for parameter in self._parameters:
            parameter.grad = None
        listening = self._probes.listening(audit=audit) if record else nullcontext()
        with overwriting(self._relus), listening as heard, self._execution.autocast():
            scores = self._model(images)  # B, classes
        loss = functional.cross_entropy(scores.float(), labels)
        (loss * loss_scale).backward()
        wrong = (scores.argmax(1) != labels).sum()
        return Shown(loss, wrong, norms(gradients(self._parameters)), heard, loss_scale)
