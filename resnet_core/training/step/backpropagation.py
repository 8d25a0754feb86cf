"""One mini-batch, forward and back."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn
from torch.amp import GradScaler
from torch.nn import functional

from resnet_core.networks.blocks import ResidualBlock
from resnet_core.telemetry.probes import (
    Float64,
    PackedValues,
    ProbeOutputs,
    Probes,
    Readings,
    Values,
    gradients,
    norms,
)
from resnet_core.training.device import Execution


@dataclass(frozen=True)
class BatchResult:
    """The figures of one mini-batch's pass.

    Attributes:
        wrong: how many images were misclassified.
        gradient_norm: of all parameters' gradients, added up; inf or nan when any is.
        readings: the probes' measurements, where the pass is recorded.
    """

    loss: float
    wrong: int
    gradient_norm: float
    readings: Readings | None

    @property
    def finite(self) -> bool:
        """True if loss and gradient are finite, so that an update may be made."""
        return math.isfinite(self.loss) and math.isfinite(self.gradient_norm)


class DeviceResult:
    """The same figures on the device, before anything has waited for it.

    Attributes:
        row: all values.
    """

    def __init__(
        self, loss: Tensor, wrong: Tensor, norms: Tensor, probes: ProbeOutputs | None, scale: float
    ) -> None:
        self._probes, self._scale = probes, scale
        own = {"loss": [loss], "wrong": [wrong.float()], "gradient_norm": [norms]}
        self._packed = PackedValues({**own, **(probes.groups() if probes else {})})
        self.row = self._packed.row

    def fetch(self) -> BatchResult:
        """Wait for the device."""
        return self._result(self._packed.fetch())

    def read(self, row: Float64) -> BatchResult:
        """Return the result that this row, or another one of the same layout, stands for."""
        return self._result(self._packed.unpack(row))

    def _result(self, values: Values) -> BatchResult:
        norms = values["gradient_norm"] / self._scale
        readings = self._probes.read(values, norms) if self._probes else None
        loss, wrong = values["loss"].item(), values["wrong"].item()
        return BatchResult(loss, int(wrong), float(norms.sum()), readings)


class Backpropagation:
    """Computes the loss of a mini-batch, its gradient, and the figures that describe the pass."""

    def __init__(self, model: nn.Module, probes: Probes, execution: Execution) -> None:
        self._model, self._probes, self._execution = model, probes, execution
        self._parameters = list(model.parameters())
        self._relus = inplace_relus(model)

    def __call__(
        self,
        images: Tensor,
        labels: Tensor,
        *,
        record: bool = False,
        audit: bool = False,
        scaler: GradScaler | None = None,
    ) -> DeviceResult:
        """Leave the gradient of the loss, multiplied by the scaler's factor, in the parameters.

        Nothing here waits for the device, unless a scaler is enabled.

        Args:
            images: B, C, H, W.
            labels: int64, B.
        """
        for parameter in self._parameters:
            parameter.grad = None
        recording = self._probes.recording(audit=audit) if record else nullcontext()
        with inplace(self._relus), recording as outputs, self._execution.autocast():
            logits = self._model(images)  # B, classes
        loss = functional.cross_entropy(logits.float(), labels)
        scale = 1.0 if scaler is None else scaler.get_scale()
        (loss if scaler is None else scaler.scale(loss)).backward()
        wrong = (logits.argmax(1) != labels).sum()
        return DeviceResult(loss, wrong, norms(gradients(self._parameters)), outputs, scale)


def inplace_relus(model: nn.Module) -> list[nn.ReLU]:
    """Return the ReLUs whose input has no other reader: BN's output or a residual block's sum.

    A layer's BN is the module registered before it, as in `catalog.response_sites`. Without
    BN only those after additions qualify: a preresnet's first ReLU then reads the block's
    own input, which the shortcut needs.
    """
    after_bn = [
        layer for before, layer in pairwise(model.modules()) if isinstance(before, nn.BatchNorm2d)
    ]
    blocks = [module for module in model.modules() if isinstance(module, ResidualBlock)]
    layers = [*after_bn, *(block.activation for block in blocks)]
    return [layer for layer in layers if isinstance(layer, nn.ReLU)]


@contextmanager
def inplace(relus: Sequence[nn.ReLU]) -> Iterator[None]:
    """Let ReLUs overwrite their input until the context ends.

    Elsewhere they do not, so that attribution and laboratories read every response. Training can
    save that memory: BN's backward pass needs BN's input, an addition's needs nothing, and the
    probes read a response before the ReLU. All values are the same to the bit; on a CPU a step in
    fp32 takes 1 to 2 % less.
    """
    for relu in relus:
        relu.inplace = True
    try:
        yield
    finally:
        for relu in relus:
            relu.inplace = False
