"""One mini-batch, forward and back."""

from __future__ import annotations

import math
from contextlib import nullcontext
from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional

from resnet_core.telemetry.probes import ProbeOutputs, Probes, Readings
from resnet_core.telemetry.values import Float64, PackedValues, Values, gradients, norms
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
        row: all values, on the device.
    """

    def __init__(
        self, loss: Tensor, wrong: Tensor, norms: Tensor, probes: ProbeOutputs | None, scale: float
    ) -> None:
        self._probes, self._scale = probes, scale
        own = {"loss": [loss], "wrong": [wrong.float()], "gradient_norm": [norms]}
        self._packed = PackedValues({**own, **(probes.groups() if probes else {})})
        self.row = self._packed.row

    def fetch(self) -> Pass:
        """Wait for the device."""
        return self._pass(self._packed.fetch())

    def read(self, row: Float64) -> Pass:
        """Return the pass of this row, or of any other with the same layout."""
        return self._pass(self._packed.unpack(row))

    def _pass(self, values: Values) -> Pass:
        norms = values["gradient_norm"] / self._scale
        readings = self._probes.read(values, norms) if self._probes else None
        loss, wrong = values["loss"].item(), values["wrong"].item()
        return Pass(loss, int(wrong), float(norms.sum()), readings)


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
        recording = self._probes.recording(audit=audit) if record else nullcontext()
        with overwriting(self._relus), recording as outputs, self._execution.autocast():
            scores = self._model(images)  # B, classes
        loss = functional.cross_entropy(scores.float(), labels)
        (loss * loss_scale).backward()
        wrong = (scores.argmax(1) != labels).sum()
        return Shown(loss, wrong, norms(gradients(self._parameters)), outputs, loss_scale)
