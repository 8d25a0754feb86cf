"""All that is measured inside the network, at the iterations that are recorded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from torch import nn

from resnet_core.networks.catalog import block_sites, response_sites
from resnet_core.telemetry.branches import BranchProbe
from resnet_core.telemetry.events import Float32
from resnet_core.telemetry.gradients import gradients, norms
from resnet_core.telemetry.responses import ResponseProbe


@dataclass(frozen=True)
class Readings:
    """One pass, measured; see `Measurement` for what each figure is."""

    response_std: Float32
    gradient_norm: Float32
    branch_ratio: Float32
    audit_error: float | None


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
        self._weights = [site.conv.weight for site in sites]
        self._responses = ResponseProbe(sites)
        self._branches = BranchProbe(blocks)

    @contextmanager
    def listening(self, *, audit: bool = False) -> Iterator[None]:
        """Measure one forward pass in training mode; nothing of it is left on the network."""
        with self._responses.listening(audit=audit), self._branches.listening():
            yield

    def read(self, loss_scale: float = 1.0) -> Readings:
        """The pass last listened to. Call it after `backward` and before the weights change.

        loss_scale: what the loss was multiplied by before `backward` (fp16).
        """
        gradient_norm = norms(gradients(self._weights)).cpu().numpy()
        return Readings(
            response_std=self._responses.standard_deviations().astype(np.float32),
            gradient_norm=(gradient_norm / loss_scale).astype(np.float32),
            branch_ratio=self._branches.ratios(),
            audit_error=self._responses.audit_error(),
        )
