"""All that is measured inside the network, at the iterations that are recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from torch import Tensor, nn

from resnet_core.networks.catalog import block_sites, response_sites
from resnet_core.telemetry.branches import Branches, BranchProbe
from resnet_core.telemetry.events import Float32
from resnet_core.telemetry.responses import ResponseProbe, Responses
from resnet_core.telemetry.values import Float64, Values


@dataclass(frozen=True)
class Readings:
    """One pass, measured; see `Measurement` for what each figure is."""

    response_std: Float32
    gradient_norm: Float32
    branch_ratio: Float32
    audit_error: float | None


class Heard:
    """What one forward pass has shown, on the device until it is read."""

    def __init__(self, responses: Responses, branches: Branches, layers: list[int]) -> None:
        self._responses, self._branches, self._layers = responses, branches, layers

    def tensors(self) -> list[Tensor]:
        """Fetch them before the weights change."""
        return [*self._responses.tensors(), *self._branches.tensors()]

    def read(self, values: Values, gradient_norms: Float64) -> Readings:
        """gradient_norms: of every parameter of the network, in its order."""
        response_std, audit_error = self._responses.read(values)
        return Readings(
            response_std=response_std.astype(np.float32),
            gradient_norm=gradient_norms[self._layers].astype(np.float32),
            branch_ratio=self._branches.read(values).astype(np.float32),
            audit_error=audit_error,
        )


class Probes:
    """The probes of one network.

    Attributes:
        layers: names of the 3x3 layers, first to last.
        blocks: names of the blocks, first to last.
    """

    def __init__(self, model: nn.Module) -> None:
        sites, blocks = response_sites(model), block_sites(model)
        self.layers = tuple(site.layer_name for site in sites)
        self.blocks = tuple(name for name, _ in blocks)
        positions = {id(parameter): at for at, parameter in enumerate(model.parameters())}
        self._weights = [positions[id(site.conv.weight)] for site in sites]
        self._responses = ResponseProbe(sites)
        self._branches = BranchProbe(blocks)

    @contextmanager
    def listening(self, *, audit: bool = False) -> Iterator[Heard]:
        """Measure one forward pass in training mode; nothing of it is left on the network."""
        with (
            self._responses.listening(audit=audit) as responses,
            self._branches.listening() as branches,
        ):
            yield Heard(responses, branches, self._weights)
